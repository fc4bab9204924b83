//! `POST /v1/holds/{hold_id}/release`

use axum::http::StatusCode;
use foundation::id::HoldId;
use ticketing::use_cases::change_hold::release_hold;

use super::HoldView;
use crate::web::{Allowed, Answer, Keyed, Path, body::Nothing, scope::OrdersWrite};

/// Gives a hold up; its tickets are free at once.
#[utoipa::path(post, path = "/v1/holds/{hold_id}/release", tag = "Holds", params(("hold_id" = HoldId, Path)), responses((status = 200, body = HoldView)))]
pub(crate) async fn release(
    allowed: Allowed<OrdersWrite>,
    Path(id): Path<HoldId>,
    Keyed { key, .. }: Keyed<Nothing>,
) -> Answer {
    let mut call = allowed.begin(key).await?;
    let changed = release_hold(&mut call.tx, &allowed.services.inventory, id).await?;
    let version = changed.hold.version;
    call.finish_with(StatusCode::OK, &HoldView::from(changed.hold), Some(version), &changed.changes).await
}
