//! `GET /v1/performances/{performance_id}/pools/{pool_id}`

use foundation::id::{PerformanceId, PoolId};
use ticketing::store::pools;

use super::{super::seen, PoolView};
use crate::web::{Allowed, Answer, Path, Reply, scope::ShowsRead};

/// Reads a pool.
#[utoipa::path(get, path = "/v1/performances/{performance_id}/pools/{pool_id}", tag = "Performances", params(("performance_id" = PerformanceId, Path), ("pool_id" = PoolId, Path)), responses((status = 200, body = PoolView)))]
pub(crate) async fn get(allowed: Allowed<ShowsRead>, Path((performance, id)): Path<(PerformanceId, PoolId)>) -> Answer {
    let mut tx = allowed.snapshot().await?;
    seen(&mut tx, &allowed.caller, performance).await?;
    let pool = pools::get(&mut tx, performance, id).await?;
    let version = pool.version;
    Reply::versioned(&PoolView::from(pool), version)
}
