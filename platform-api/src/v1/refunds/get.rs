//! `GET /v1/refunds/{refund_id}`

use foundation::id::RefundId;
use ticketing::store::refunds;

use super::RefundView;
use crate::web::{Allowed, Answer, Path, Reply, scope::OrdersRead};

/// Reads a refund.
#[utoipa::path(get, path = "/v1/refunds/{refund_id}", tag = "Refunds", params(("refund_id" = RefundId, Path)), responses((status = 200, body = RefundView)))]
pub(crate) async fn get(allowed: Allowed<OrdersRead>, Path(id): Path<RefundId>) -> Answer {
    let refund = refunds::get(&mut allowed.snapshot().await?, id).await?;
    let version = refund.version;
    Reply::versioned(&RefundView::from(refund), version)
}
