//! Gives back to open sale what a block keeps, because the reseller says so or its time has come.

use foundation::{
    Code, Refusal, Result, TenantTx, event,
    id::{BlockId, PerformanceId, ResellerId},
};
use serde_json::json;

use super::create_block::{Blocked, block_event, regrouped};
use crate::{
    inventory::Inventory,
    rules::block::{Block, BlockState},
    store::{blocks, claims, performances, stock},
};

/// Releases a block. What its seller has in holds and orders by then stays so.
///
/// # Errors
/// `not_found`, `performance_archived`, `block_released`.
pub async fn release_block(
    tx: &mut TenantTx,
    inventory: &Inventory,
    performance: PerformanceId,
    id: BlockId,
) -> Result<Blocked> {
    performances::lock_to_change(tx, performance).await?;
    let block = blocks::get(tx, performance, id).await?;
    if block.state == BlockState::Released {
        return Err(Refusal::new(Code::BlockReleased, "The block has been released already.").into());
    }
    release(tx, inventory, block, "released").await
}

/// Releases a block whose time has come, unless that was done meanwhile. Gives whether it was.
///
/// # Errors
/// The database's.
pub async fn release_due(inventory: &Inventory, reseller: ResellerId, id: BlockId) -> Result<bool> {
    let mut tx = inventory.cell().tenant(reseller).await?;
    let performance = blocks::performance_of(&mut tx, id).await?;
    performances::lock_to_change(&mut tx, performance).await?;
    let block = blocks::get(&mut tx, performance, id).await?;
    let now = tx.now().await?;
    if block.state == BlockState::Released || block.release_at.is_none_or(|at| at > now) {
        return Ok(false);
    }
    let released = release(&mut tx, inventory, block, "due").await?;
    tx.commit().await?;
    inventory.learn_own(reseller, &released.changes);
    Ok(true)
}

async fn release(tx: &mut TenantTx, inventory: &Inventory, mut block: Block, why: &str) -> Result<Blocked> {
    let changes = if block.seller.is_some() {
        blocks::give_back(tx, block.performance, block.id).await?;
        regrouped(tx, block.performance).await?;
        Vec::new()
    } else {
        let changes = claims::unblock(tx, block.performance, block.id).await?;
        stock::tell(tx, &changes, inventory.teller).await?;
        changes
    };
    block.state = BlockState::Released;
    block.version = blocks::released(tx, block.id).await?;
    let mut released = block_event("block.released", &block);
    released.data["because"] = json!(why);
    event::append(tx, &[released]).await?;
    Ok(Blocked { block, changes })
}
