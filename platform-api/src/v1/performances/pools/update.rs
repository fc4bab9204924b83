//! `PATCH /v1/performances/{performance_id}/pools/{pool_id}`

use foundation::id::{PerformanceId, PoolId};
use serde::Deserialize;
use ticketing::use_cases::{set_pool::update_pool, try_terms::try_pool};
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
    /// Only say what would become of it and whom it would reach (`concerned`), or what is refused and why.
    #[serde(default)]
    dry_run: bool,
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
    let changes = (body.name, body.capacity);
    if body.dry_run {
        let (pool, reached) = try_pool(tx, performance, id, version, changes).await?;
        let is = pool.version;
        let view = PoolView { concerned: Some(reached.into()), ..pool.into() };
        return Reply::versioned(&view, is);
    }
    let pool = update_pool(&mut tx, performance, id, version, changes).await?;
    commit(tx).await?;
    let version = pool.version;
    Reply::versioned(&PoolView::from(pool), version)
}
