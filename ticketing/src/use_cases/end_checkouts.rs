//! Ends the holds and unpaid orders of a performance that began before its reseller ended them, a page at a time. Nothing could
//! be done with them any more; here they are told of, and their tickets are free.

use foundation::{
    Error, Instant, Result,
    id::{HoldId, PerformanceId, ResellerId},
};

use super::{
    cancel_order::{Ending, end_order},
    change_hold::end_hold,
};
use crate::{
    inventory::Inventory,
    provider::Provider,
    store::{holds, orders, performances},
};

/// How many holds and how many orders one look ends.
const PAGE: i64 = 100;

/// Ends a page of them, going past what cannot be ended now. Gives how many; with none left, the performance is no longer due.
///
/// # Errors
/// If what there is cannot be read.
pub async fn end_checkouts(
    inventory: &Inventory,
    provider: &Provider,
    reseller: ResellerId,
    performance: PerformanceId,
) -> Result<usize> {
    let mut tx = inventory.cell().tenant(reseller).await?;
    let ended_at = performances::get(&mut tx, performance).await?.checkouts_ended_at;
    drop(tx);
    let of = (performance, ended_at);
    let ended = end_holds(inventory, reseller, of).await? + end_orders(inventory, provider, reseller, of).await?;
    if ended == 0 {
        let mut tx = inventory.cell().tenant(reseller).await?;
        performances::checkouts_tidied(&mut tx, performance, ended_at).await?;
        tx.commit().await?;
    }
    Ok(ended)
}

async fn end_holds(
    inventory: &Inventory,
    reseller: ResellerId,
    (performance, ended_at): (PerformanceId, Instant),
) -> Result<usize> {
    let (mut after, mut ended) = (None, 0);
    loop {
        let mut tx = inventory.cell().tenant(reseller).await?;
        let holds = holds::active_of(&mut tx, performance, ended_at, after, PAGE).await?;
        drop(tx);
        for hold in &holds {
            ended += told(release(inventory, reseller, *hold).await, hold);
        }
        after = holds.last().copied();
        if ended > 0 || after.is_none() {
            return Ok(ended);
        }
    }
}

async fn end_orders(
    inventory: &Inventory,
    provider: &Provider,
    reseller: ResellerId,
    (performance, ended_at): (PerformanceId, Instant),
) -> Result<usize> {
    let (mut after, mut ended) = (None, 0);
    loop {
        let mut tx = inventory.cell().tenant(reseller).await?;
        let orders = orders::unpaid_of(&mut tx, performance, ended_at, after, PAGE).await?;
        drop(tx);
        for order in &orders {
            // What cannot be called off now, because it is being paid or the provider is away, ends with its deadline.
            ended += told(end_order(inventory, provider, reseller, *order, Ending::Cancel).await.map(drop), order);
        }
        after = orders.last().copied();
        if ended > 0 || after.is_none() {
            return Ok(ended);
        }
    }
}

async fn release(inventory: &Inventory, reseller: ResellerId, id: HoldId) -> Result<()> {
    let mut tx = inventory.cell().tenant(reseller).await?;
    let ended = end_hold(&mut tx, inventory, id, "sales_stopped").await?;
    tx.commit().await?;
    inventory.learn_own(reseller, &ended.changes);
    Ok(())
}

fn told(outcome: Result<()>, what: &dyn std::fmt::Display) -> usize {
    match outcome {
        Ok(()) => 1,
        // It has ended by itself meanwhile, or is being paid.
        Err(Error::Refused(_)) => 0,
        Err(error) => {
            tracing::warn!(%error, %what, "a checkout could not be ended; its deadline ends it");
            0
        }
    }
}
