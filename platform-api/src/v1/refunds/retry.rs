//! `POST /v1/refunds/{refund_id}/retry`

use foundation::id::RefundId;
use ticketing::use_cases::retry_refund::retry_refund;

use super::{RefundView, accepted};
use crate::web::{Allowed, Answer, Keyed, Path, body::Nothing, scope::OrdersWrite};

/// Tries again to give back what the provider could not give back (`refund.failed`), once the reason is gone: another refund of the
/// same money, which names the failed one. Tickets stay as they are. A refund can be tried again once; if the new one fails, that
/// one can.
#[utoipa::path(post, path = "/v1/refunds/{refund_id}/retry", tag = "Refunds", params(("refund_id" = RefundId, Path)), responses((status = 201, body = RefundView)))]
pub(crate) async fn retry(
    allowed: Allowed<OrdersWrite>,
    Path(id): Path<RefundId>,
    Keyed { key, .. }: Keyed<Nothing>,
) -> Answer {
    let mut call = allowed.begin(key).await?;
    let refund = retry_refund(&mut call.tx, id).await?;
    accepted(&allowed, call, refund, &[]).await
}
