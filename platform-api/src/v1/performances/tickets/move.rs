//! `POST /v1/performances/{performance_id}/tickets/move`

use axum::http::StatusCode;
use foundation::id::{PerformanceId, TicketId};
use serde::Deserialize;
use ticketing::use_cases::move_tickets::{Destination, move_tickets};
use utoipa::ToSchema;

use super::{TicketsChangedView, selection};
use crate::web::{Allowed, Answer, Keyed, Path, scope::ShowsWrite};

/// Which tickets to move (`ticket_ids`, or what is all of `section`, `row` and `price_tier` that are given), and where to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketsToMove)]
pub(crate) struct TicketsToMoveBody {
    /// At most 5,000.
    ticket_ids: Option<Vec<TicketId>>,
    section: Option<String>,
    row: Option<String>,
    /// By name.
    price_tier: Option<String>,
    to: DestinationBody,
    /// Only say what would be.
    #[serde(default)]
    dry_run: bool,
}

/// Where tickets go; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TicketsDestination)]
pub(crate) struct DestinationBody {
    /// By name; one of the performance's.
    price_tier: Option<String>,
    /// The section or general admission area.
    section: Option<String>,
}

/// Moves tickets that nobody holds or has bought to another price tier or section, all or none.
#[utoipa::path(post, path = "/v1/performances/{performance_id}/tickets/move", tag = "Performances", params(("performance_id" = PerformanceId, Path)), request_body = TicketsToMoveBody, responses((status = 200, body = TicketsChangedView)))]
pub(crate) async fn r#move(
    allowed: Allowed<ShowsWrite>,
    Path(performance): Path<PerformanceId>,
    Keyed { key, body }: Keyed<TicketsToMoveBody>,
) -> Answer {
    let dry_run = body.dry_run;
    let which = selection(body.ticket_ids, body.section, body.row, body.price_tier)?;
    let to = Destination { price_tier: body.to.price_tier, section: body.to.section };
    let mut call = allowed.begin(key).await?;
    let changed = move_tickets(&mut call.tx, performance, &which, &to, dry_run).await?;
    call.finish(StatusCode::OK, &TicketsChangedView::of(changed, dry_run), None).await
}
