//! `GET /v1/holds/{hold_id}`

use foundation::id::HoldId;
use ticketing::use_cases::change_hold::get_hold;

use super::HoldView;
use crate::web::{Allowed, Answer, Path, Reply, scope::OrdersRead};

/// Reads a hold, with what its tickets cost now.
#[utoipa::path(get, path = "/v1/holds/{hold_id}", tag = "Holds", params(("hold_id" = HoldId, Path)), responses((status = 200, body = HoldView)))]
pub(crate) async fn get(allowed: Allowed<OrdersRead>, Path(id): Path<HoldId>) -> Answer {
    let hold = get_hold(&mut allowed.snapshot().await?, &allowed.services.inventory.plans, id).await?;
    let version = hold.version;
    Reply::versioned(&HoldView::from(hold), version)
}
