//! `GET /v1/performances/{performance_id}/buyer_limit`

use foundation::id::PerformanceId;
use ticketing::use_cases::set_buyer_limit::of_performance;

use crate::{
    v1::{buyer_limit::BuyerLimitView, performances::seen},
    web::{Allowed, Answer, Path, Reply, scope::ShowsRead},
};

/// Reads how many tickets one buyer may have.
#[utoipa::path(get, path = "/v1/performances/{performance_id}/buyer_limit", tag = "Performances", params(("performance_id" = PerformanceId, Path)), responses((status = 200, body = BuyerLimitView)))]
pub(crate) async fn get(allowed: Allowed<ShowsRead>, Path(id): Path<PerformanceId>) -> Answer {
    let mut tx = allowed.snapshot().await?;
    seen(&mut tx, &allowed.caller, id).await?;
    let limit = of_performance(&mut tx, id).await?;
    Reply::versioned(&BuyerLimitView::from(limit), limit.version)
}
