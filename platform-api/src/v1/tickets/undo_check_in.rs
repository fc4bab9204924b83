//! `POST /v1/tickets/{ticket_id}/undo_check_in`

use axum::http::StatusCode;
use foundation::id::{PerformanceId, TicketId};
use serde::Deserialize;
use ticketing::use_cases::check_in_ticket::undo_check_in;
use utoipa::ToSchema;

use super::AtTheDoorView;
use crate::web::{Allowed, Answer, Keyed, Path, scope::DoorWrite};

/// Of which performance.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UndoCheckIn)]
pub(crate) struct UndoCheckInBody {
    performance_id: PerformanceId,
}

/// Takes a check-in back that was a mistake, within a day of the scan: the ticket is good again.
#[utoipa::path(post, path = "/v1/tickets/{ticket_id}/undo_check_in", tag = "Door", params(("ticket_id" = TicketId, Path)), request_body = UndoCheckInBody, responses((status = 200, body = AtTheDoorView)))]
pub(crate) async fn undo(
    allowed: Allowed<DoorWrite>,
    Path(ticket): Path<TicketId>,
    Keyed { key, body }: Keyed<UndoCheckInBody>,
) -> Answer {
    let mut call = allowed.begin(key).await?;
    let seen = undo_check_in(&mut call.tx, body.performance_id, ticket).await?;
    call.finish(StatusCode::OK, &AtTheDoorView::from(seen), None).await
}
