//! `GET /v1/performances/{performance_id}/blocks/{block_id}`

use foundation::id::{BlockId, PerformanceId};
use ticketing::store::blocks;

use super::BlockView;
use crate::web::{Allowed, Answer, Path, Reply, scope::OrdersRead};

/// Reads a block.
#[utoipa::path(get, path = "/v1/performances/{performance_id}/blocks/{block_id}", tag = "Performances", params(("performance_id" = PerformanceId, Path), ("block_id" = BlockId, Path)), responses((status = 200, body = BlockView)))]
pub(crate) async fn get(
    allowed: Allowed<OrdersRead>,
    Path((performance, id)): Path<(PerformanceId, BlockId)>,
) -> Answer {
    let mut tx = allowed.snapshot().await?;
    let block = blocks::get(&mut tx, performance, id).await?;
    let version = block.version;
    Reply::versioned(&BlockView::from(block), version)
}
