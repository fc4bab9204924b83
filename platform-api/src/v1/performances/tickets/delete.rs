//! `POST /v1/performances/{performance_id}/tickets/delete`

use axum::http::StatusCode;
use foundation::id::{PerformanceId, TicketId};
use serde::Deserialize;
use ticketing::use_cases::delete_tickets::delete_tickets;
use utoipa::ToSchema;

use super::{TicketsChangedView, selection};
use crate::web::{Allowed, Answer, Keyed, Path, scope::ShowsWrite};

/// Which tickets to delete: `ticket_ids`, or what is all of `section`, `row` and `price_tier` that are given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketsToDelete)]
pub(crate) struct TicketsToDeleteBody {
    /// At most 5,000.
    ticket_ids: Option<Vec<TicketId>>,
    section: Option<String>,
    row: Option<String>,
    /// By name.
    price_tier: Option<String>,
    /// Only say what would be.
    #[serde(default)]
    dry_run: bool,
}

/// Deletes tickets that nobody ever held or bought, all or none.
#[utoipa::path(post, path = "/v1/performances/{performance_id}/tickets/delete", tag = "Performances", params(("performance_id" = PerformanceId, Path)), request_body = TicketsToDeleteBody, responses((status = 200, body = TicketsChangedView)))]
pub(crate) async fn delete(
    allowed: Allowed<ShowsWrite>,
    Path(performance): Path<PerformanceId>,
    Keyed { key, body }: Keyed<TicketsToDeleteBody>,
) -> Answer {
    let dry_run = body.dry_run;
    let which = selection(body.ticket_ids, body.section, body.row, body.price_tier)?;
    let mut call = allowed.begin(key).await?;
    let changed = delete_tickets(&mut call.tx, performance, &which, dry_run).await?;
    call.finish(StatusCode::OK, &TicketsChangedView::of(changed, dry_run), None).await
}
