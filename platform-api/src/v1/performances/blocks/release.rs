//! `POST /v1/performances/{performance_id}/blocks/{block_id}/release`

use axum::http::StatusCode;
use foundation::id::{BlockId, PerformanceId};
use ticketing::use_cases::release_block::release_block;

use super::BlockView;
use crate::web::{Allowed, Answer, Keyed, Path, body::Nothing, scope::ShowsWrite};

/// Releases a block: what it keeps goes back to open sale. What an allocation's seller has in holds and orders by then stays so.
#[utoipa::path(post, path = "/v1/performances/{performance_id}/blocks/{block_id}/release", tag = "Performances", params(("performance_id" = PerformanceId, Path), ("block_id" = BlockId, Path)), responses((status = 200, body = BlockView)))]
pub(crate) async fn release(
    allowed: Allowed<ShowsWrite>,
    Path((performance, id)): Path<(PerformanceId, BlockId)>,
    Keyed { key, .. }: Keyed<Nothing>,
) -> Answer {
    let inventory = &allowed.services.inventory;
    let mut call = allowed.begin(key).await?;
    let released = release_block(&mut call.tx, inventory, performance, id).await?;
    let (version, allocation) = (released.block.version, released.block.seller.is_some());
    let view = BlockView::from(released.block);
    let answer = call.finish_with(StatusCode::OK, &view, Some(version), &released.changes).await;
    if allocation {
        inventory.forget(allowed.caller.reseller, performance);
    }
    answer
}
