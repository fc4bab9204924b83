//! Keeps stock off open sale: for nobody, by claims; or for one seller, by setting tickets aside (decision 28).

use foundation::{
    Code, Refusal, Result, TenantTx, event,
    id::{BlockId, PerformanceId, TicketId},
};
use serde_json::json;

use super::delete_tickets::TicketsChanged;
use crate::{
    inventory::Inventory,
    rules::block::{BLOCK_TICKETS_MAX, BLOCKS_MAX, Block, BlockState, NewBlock, Seller},
    store::{
        blocks,
        claims::{self, Change},
        performances, stock, tickets,
    },
};

/// A block made or released, and what memory is to learn once that is committed.
#[derive(Debug)]
pub struct Blocked {
    /// The block as it now is.
    pub block: Block,
    /// What became of claims.
    pub changes: Vec<Change>,
}

/// Creates a block of tickets that nobody has now, all or none; of a quantity, of the first so many that are free.
///
/// # Errors
/// `not_found`, `performance_archived`, `invalid_field`, `too_many_tickets`, `tickets_in_use`, `not_enough_tickets`.
pub async fn create_block(
    tx: &mut TenantTx,
    inventory: &Inventory,
    performance: PerformanceId,
    new: NewBlock,
) -> Result<Blocked> {
    // Exclusive: a hold on its way is waited for and then seen.
    performances::lock_to_change(tx, performance).await?;
    performances::get(tx, performance).await?;
    let now = tx.now().await?;
    new.check(now)?;
    if blocks::active(tx, performance).await? >= BLOCKS_MAX {
        let detail = format!("is one of {BLOCKS_MAX} blocks that are not released; release some first");
        return Err(Refusal::field("/name", detail).into());
    }
    let chosen = choose(tx, performance, &new).await?;
    let block = Block {
        id: BlockId::new(),
        performance,
        name: new.name,
        reason: new.reason,
        seller: new.seller,
        tickets: i32::try_from(chosen.len()).unwrap_or(i32::MAX),
        release_at: new.release_at,
        state: BlockState::Active,
        created_at: now,
        version: 1,
    };
    blocks::insert(tx, &block).await?;
    let changes = if block.seller.is_some() {
        blocks::set_aside(tx, performance, &chosen, block.id).await?;
        regrouped(tx, performance).await?;
        Vec::new()
    } else {
        let changes = claims::block(tx, performance, &chosen, block.id, now).await?;
        stock::tell(tx, &changes, inventory.teller).await?;
        changes
    };
    event::append(tx, &[block_event("block.created", &block)]).await?;
    Ok(Blocked { block, changes })
}

/// The tickets to keep: all that were named if they are free, or as many of them.
async fn choose(tx: &mut TenantTx, performance: PerformanceId, new: &NewBlock) -> Result<Vec<TicketId>> {
    let now = tx.now().await?;
    let mut ids = tickets::lock(tx, performance, &new.which).await?;
    let live = claims::of_tickets(tx, performance, &ids).await?.into_iter().filter(|(_, until)| *until > now);
    let mut in_use: Vec<TicketId> = live.map(|(ticket, _)| ticket).collect();
    in_use.extend(blocks::among(tx, performance, &ids).await?);
    if let Some(quantity) = new.quantity {
        let taken: std::collections::HashSet<TicketId> = in_use.into_iter().collect();
        ids.retain(|id| !taken.contains(id));
        if ids.len() < quantity {
            let detail = format!("/quantity is more than the {} of these tickets that are free.", ids.len());
            let refusal = Refusal::new(Code::NotEnoughTickets, detail);
            return Err(refusal.with_alternatives(json!({ "available": ids.len() })).into());
        }
        ids.truncate(quantity);
    } else {
        TicketsChanged::of(ids.len(), &in_use).allowed(
            "are held, sold or kept already, and nothing was done: leave them out, or say how many with quantity.",
        )?;
    }
    if ids.len() > BLOCK_TICKETS_MAX {
        let detail = format!("A block has at most {BLOCK_TICKETS_MAX} tickets; put the rest into further ones.");
        return Err(Refusal::new(Code::TooManyTickets, detail).into());
    }
    Ok(ids)
}

/// Every memory is to see who may sell which tickets now before it proposes any.
pub(super) async fn regrouped(tx: &mut TenantTx, performance: PerformanceId) -> Result<()> {
    performances::stock_regrouped(tx, performance).await?;
    Ok(event::append(tx, &[stock::reload(performance)]).await?)
}

pub(super) fn block_event(kind: &'static str, block: &Block) -> event::NewEvent {
    let (channel, key) = match &block.seller {
        Some(Seller::Channel(channel)) => (Some(channel), None),
        Some(Seller::Key(key)) => (None, Some(key)),
        None => (None, None),
    };
    let data = json!({
        "id": block.id, "performance_id": block.performance, "name": block.name, "reason": block.reason.as_str(),
        "channel": channel, "api_key_id": key, "tickets": block.tickets, "release_at": block.release_at,
        "state": block.state.as_str(), "because": null,
    });
    event::NewEvent::of(kind, "block", block.id, block.version, data)
}
