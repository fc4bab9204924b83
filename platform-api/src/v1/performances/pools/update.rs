//! `PATCH /v1/performances/{performance_id}/pools/{pool_id}`

use foundation::id::{PerformanceId, PoolId};
use serde::Deserialize;
use ticketing::use_cases::set_pool::update_pool;
use utoipa::ToSchema;

use super::PoolView;
use crate::web::{Allowed, Answer, Body, IfMatch, Path, Reply, caller::commit, scope::ShowsWrite};

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PoolChanges)]
pub(crate) struct PoolChangesBody {
    name: Option<String>,
    /// Not below what is sold and held.
    capacity: Option<i32>,
}

/// Changes a pool's name and capacity.
#[utoipa::path(patch, path = "/v1/performances/{performance_id}/pools/{pool_id}", tag = "Performances", params(("performance_id" = PerformanceId, Path), ("pool_id" = PoolId, Path)), request_body = PoolChangesBody, responses((status = 200, body = PoolView)))]
pub(crate) async fn update(
    allowed: Allowed<ShowsWrite>,
    Path((performance, id)): Path<(PerformanceId, PoolId)>,
    IfMatch(version): IfMatch,
    Body(body): Body<PoolChangesBody>,
) -> Answer {
    let mut tx = allowed.tx().await?;
    let pool = update_pool(&mut tx, performance, id, version, (body.name, body.capacity)).await?;
    commit(tx).await?;
    let version = pool.version;
    Reply::versioned(&PoolView::from(pool), version)
}
