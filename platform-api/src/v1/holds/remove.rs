//! `POST /v1/holds/{hold_id}/remove`

use axum::http::StatusCode;
use foundation::{
    Refusal,
    id::{HoldId, TicketId},
};
use serde::Deserialize;
use ticketing::use_cases::change_hold::shrink_hold;
use utoipa::ToSchema;

use super::HoldView;
use crate::web::{Allowed, Answer, Keyed, Path, scope::OrdersWrite};

/// Tickets to take out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HoldRemoval)]
pub(crate) struct RemoveBody {
    ticket_ids: Vec<TicketId>,
}

/// Takes tickets out of a hold; they are free at once. A hold that loses its last ticket is released.
#[utoipa::path(post, path = "/v1/holds/{hold_id}/remove", tag = "Holds", params(("hold_id" = HoldId, Path)), request_body = RemoveBody, responses((status = 200, body = HoldView)))]
pub(crate) async fn remove(
    allowed: Allowed<OrdersWrite>,
    Path(id): Path<HoldId>,
    Keyed { key, body }: Keyed<RemoveBody>,
) -> Answer {
    if body.ticket_ids.is_empty() {
        return Err(Refusal::field("/ticket_ids", "must name at least one ticket of the hold").into());
    }
    let mut call = allowed.begin(key).await?;
    let changed = shrink_hold(&mut call.tx, &allowed.services.inventory, id, &body.ticket_ids).await?;
    let version = changed.hold.version;
    call.finish_with(StatusCode::OK, &HoldView::from(changed.hold), Some(version), &changed.changes).await
}
