//! `POST /v1/shows/{show_id}/ticket_types`

use axum::http::StatusCode;
use foundation::id::ShowId;
use serde::Deserialize;
use ticketing::use_cases::add_ticket_type::add_ticket_type;
use utoipa::ToSchema;

use super::TicketTypeView;
use crate::web::{Allowed, Answer, Keyed, Path, scope::ShowsWrite};

/// Whom tickets are to be for, too.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTicketType)]
pub(crate) struct NewTicketTypeBody {
    #[schema(example = "child")]
    name: String,
}

/// Adds a ticket type to a show. A performance sells it once an offer of it is added there.
#[utoipa::path(post, path = "/v1/shows/{show_id}/ticket_types", tag = "Shows", params(("show_id" = ShowId, Path)), request_body = NewTicketTypeBody, responses((status = 201, body = TicketTypeView)))]
pub(crate) async fn add(
    allowed: Allowed<ShowsWrite>,
    Path(show): Path<ShowId>,
    Keyed { key, body }: Keyed<NewTicketTypeBody>,
) -> Answer {
    let mut call = allowed.begin(key).await?;
    let added = add_ticket_type(&mut call.tx, show, &body.name).await?;
    call.finish(StatusCode::CREATED, &TicketTypeView::from(added), None).await
}
