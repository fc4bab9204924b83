//! `GET /v1/performances/{performance_id}/pools`

use foundation::{id::PerformanceId, page::Page};
use ticketing::store::pools;

use super::{super::seen, PoolView};
use crate::web::{Allowed, Answer, ListOf, Path, Reply, scope::ShowsRead};

/// Lists a performance's pools in the order of their creation; there are 50 at most.
#[utoipa::path(get, path = "/v1/performances/{performance_id}/pools", tag = "Performances", params(("performance_id" = PerformanceId, Path)), responses((status = 200, body = ListOf<PoolView>)))]
pub(crate) async fn list(allowed: Allowed<ShowsRead>, Path(performance): Path<PerformanceId>) -> Answer {
    let mut tx = allowed.snapshot().await?;
    seen(&mut tx, &allowed.caller, performance).await?;
    let pools = pools::of_performances(&mut tx, &[performance]).await?;
    Reply::ok(&ListOf::from(Page { items: pools, next_cursor: None }.map(PoolView::from)))
}
