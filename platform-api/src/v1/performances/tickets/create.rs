//! `POST /v1/performances/{performance_id}/tickets`

use axum::http::StatusCode;
use foundation::id::PerformanceId;
use serde::{Deserialize, Serialize};
use ticketing::use_cases::add_tickets::add_tickets;
use utoipa::ToSchema;

use super::{NewTicketsBody, read_all};
use crate::web::{Allowed, Answer, Keyed, Path, scope::ShowsWrite};

/// Tickets to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MoreTickets)]
pub(crate) struct MoreTicketsBody {
    tickets: Vec<NewTicketsBody>,
}

/// How many tickets were added.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TicketsCreated)]
pub(crate) struct TicketsCreatedView {
    created: usize,
}

/// Adds up to 100,000 tickets to a performance, in one go or not at all.
#[utoipa::path(post, path = "/v1/performances/{performance_id}/tickets", tag = "Performances", params(("performance_id" = PerformanceId, Path)), request_body = MoreTicketsBody, responses((status = 201, body = TicketsCreatedView)))]
pub(crate) async fn create(
    allowed: Allowed<ShowsWrite>,
    Path(performance): Path<PerformanceId>,
    Keyed { key, body }: Keyed<MoreTicketsBody>,
) -> Answer {
    let new = read_all(body.tickets, "/tickets")?;
    let mut call = allowed.begin(key).await?;
    let created = add_tickets(&mut call.tx, performance, &new).await?;
    let answer = call.finish(StatusCode::CREATED, &TicketsCreatedView { created }, None).await;
    allowed.services.inventory.forget(allowed.caller.reseller, performance);
    answer
}
