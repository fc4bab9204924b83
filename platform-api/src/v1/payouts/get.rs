//! `GET /v1/payouts/{payout_id}`

use foundation::id::PayoutId;
use ticketing::store::payouts;

use super::PayoutView;
use crate::web::{Allowed, Answer, Path, Reply, scope::FinanceRead};

/// Shows a payout.
#[utoipa::path(get, path = "/v1/payouts/{payout_id}", tag = "Finance", params(("payout_id" = PayoutId, Path)), responses((status = 200, body = PayoutView)))]
pub(crate) async fn get(allowed: Allowed<FinanceRead>, Path(id): Path<PayoutId>) -> Answer {
    let payout = payouts::get(&mut allowed.snapshot().await?, id).await?;
    let version = payout.version;
    Reply::versioned(&PayoutView::from(payout), version)
}
