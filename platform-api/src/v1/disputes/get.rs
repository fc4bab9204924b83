//! `GET /v1/disputes/{dispute_id}`

use foundation::id::DisputeId;
use ticketing::store::disputes;

use super::DisputeView;
use crate::web::{Allowed, Answer, Path, Reply, scope::OrdersRead};

/// Reads a dispute.
#[utoipa::path(get, path = "/v1/disputes/{dispute_id}", tag = "Disputes", params(("dispute_id" = DisputeId, Path)), responses((status = 200, body = DisputeView)))]
pub(crate) async fn get(allowed: Allowed<OrdersRead>, Path(id): Path<DisputeId>) -> Answer {
    let dispute = disputes::get(&mut allowed.snapshot().await?, id).await?;
    let version = dispute.version;
    Reply::versioned(&DisputeView::from(dispute), version)
}
