//! `GET /v1/performances/{performance_id}`

use foundation::id::PerformanceId;
use ticketing::store::offers;

use super::{PerformanceView, seen};
use crate::web::{Allowed, Answer, Path, Reply, scope::ShowsRead};

/// Reads a performance with its offers.
#[utoipa::path(get, path = "/v1/performances/{performance_id}", tag = "Performances", params(("performance_id" = PerformanceId, Path)), responses((status = 200, body = PerformanceView)))]
pub(crate) async fn get(allowed: Allowed<ShowsRead>, Path(id): Path<PerformanceId>) -> Answer {
    let mut tx = allowed.snapshot().await?;
    let performance = seen(&mut tx, &allowed.caller, id).await?;
    let offers = offers::of_performance(&mut tx, id).await?;
    let version = performance.version;
    Reply::versioned(&PerformanceView::from(performance).with_offers(offers), version)
}
