//! Carries a cancellation on, a page at a time, from wherever it was left: tells who has tickets and keeps equal ones for them where
//! that is offered, waits until they have chosen, and does the default for who has not. An order has its outcome in one transaction with
//! everything that follows from it, so wherever the work stops it has one or none, and never two.

use foundation::{
    Code, Error, Instant, Result, TenantTx, event,
    id::{CancellationId, OrderId, ResellerId},
};
use futures_util::future::join_all;
use serde_json::json;

use super::{
    carry_on::{look, put_off, told_or_put_off},
    decide_cancellation::{carry_out, give_up, good},
    keep_equal::keep,
    settle::order_event,
    tell_buyer,
};
use crate::{
    inventory::Inventory,
    rules::{
        cancellation::{Cancellation, Remedy},
        choice::ChoiceState,
        order::Order,
    },
    store::{
        cancellations,
        choices::{self, Process},
        claims::Change,
        orders, stock,
    },
};

/// How many are told in one transaction: to find them goes through all of the performance's orders.
const TOLD_AT_ONCE: i64 = 100;
/// How many orders get their outcome at once, each in its own transaction.
const AT_ONCE: usize = 4;

/// Carries it on by a page. Gives how many orders were seen to.
///
/// # Errors
/// `not_found`; the database's.
pub async fn carry_out_cancellation(inventory: &Inventory, reseller: ResellerId, id: CancellationId) -> Result<usize> {
    match look_on(inventory, reseller, id).await {
        Ok(seen) => Ok(seen),
        Err(error) => tell_each(inventory, reseller, id, error).await,
    }
}

async fn look_on(inventory: &Inventory, reseller: ResellerId, id: CancellationId) -> Result<usize> {
    let mut tx = inventory.cell().tenant(reseller).await?;
    let process = Process::Cancellation(id);
    choices::lock(&mut tx, process).await?;
    let mut of = cancellations::get(&mut tx, id).await?;
    let now = tx.now().await?;
    // Whom it could not tell before is told before anything is closed.
    let mut untold = choices::untold_before(&mut tx, process, now, TOLD_AT_ONCE).await?;
    // While some are to be closed nobody else is looked for: that goes through all of the performance's orders.
    let closing = of.state == ChoiceState::Closing && !choices::open_orders(&mut tx, process, now, 1).await?.is_empty();
    // Asked before who is still to be told: whoever pays in between is told then.
    let over = of.state == ChoiceState::Closing || of.decide_by <= now;
    let waits = closing || over && orders::any_unpaid(&mut tx, of.performance).await?;
    if untold.is_empty() && !closing {
        untold = choices::untold(&mut tx, process, of.performance, Instant::NEVER, TOLD_AT_ONCE).await?;
    }
    let (told, changes) = (untold.len(), tell(&mut tx, inventory, &of, &untold, now).await?);
    let look = look(&mut tx, process, (of.state, of.decide_by), told, waits, now).await?;
    let ended = look.ended(of.state);
    (of.state, of.version) = (look.state, look.version);
    if ended {
        let told = completed(&mut tx, &of).await?;
        event::append(&mut tx, &[told]).await?;
    }
    tx.commit().await?;
    inventory.learn_own(reseller, &changes);
    close_all(inventory, reseller, &of, &look.closing).await?;
    Ok(told + look.closing.len())
}

/// Tells the buyers of these orders, and keeps equal tickets for them where that is offered.
async fn tell(
    tx: &mut TenantTx,
    inventory: &Inventory,
    of: &Cancellation,
    untold: &[OrderId],
    now: Instant,
) -> Result<Vec<Change>> {
    if untold.is_empty() {
        return Ok(Vec::new());
    }
    let before = orders::of_ids(tx, untold).await?;
    // Claims come before orders in the order of locks.
    let (kept, changes) = keep(tx, of, &before, now).await?;
    let locked = orders::lock_all(tx, untold).await?;
    cancellations::add_orders(tx, of.id, untold, &kept).await?;
    // Who was given everything back meanwhile has nothing to choose, and is told nothing.
    let concerned = locked.into_iter().zip(&kept).filter(|(order, _)| good(order, of).next().is_some());
    let (mut orders, kept_for): (Vec<Order>, Vec<bool>) =
        concerned.map(|(order, kept)| (order, !kept.is_empty())).unzip();
    orders::touch_all(tx, &mut orders).await?;
    tell_buyer::performance_cancelled(tx, of, &orders, &kept_for, now).await?;
    let mut events = stock::changed(&changes, inventory.teller);
    events.extend(orders.iter().map(|order| {
        let mut told = order_event("order.performance_cancelled", order);
        told.data["cancellation_id"] = json!(of.id);
        told
    }));
    event::append(tx, &events).await?;
    Ok(changes)
}

/// Tells the buyers of a page one after the other, because together it failed. Whom it cannot tell is taken in without kept tickets, and
/// told later.
async fn tell_each(inventory: &Inventory, reseller: ResellerId, id: CancellationId, error: Error) -> Result<usize> {
    let mut tx = inventory.cell().tenant(reseller).await?;
    let of = cancellations::get(&mut tx, id).await?;
    let (process, now) = (Process::Cancellation(id), tx.now().await?);
    let mut untold = choices::untold_before(&mut tx, process, now, TOLD_AT_ONCE).await?;
    if untold.is_empty() {
        untold = choices::untold(&mut tx, process, of.performance, Instant::NEVER, TOLD_AT_ONCE).await?;
    }
    drop(tx);
    if untold.is_empty() {
        return Err(error);
    }
    tracing::warn!(%error, %id, "buyers could not be told together; each is told for itself");
    let mut seen = 0;
    for order in &untold {
        let told = tell_one(inventory, reseller, id, *order).await;
        seen += usize::from(told_or_put_off(inventory, reseller, (process, of.state), *order, told).await);
    }
    if seen == 0 { Err(error) } else { Ok(seen) }
}

async fn tell_one(inventory: &Inventory, reseller: ResellerId, id: CancellationId, order: OrderId) -> Result<()> {
    let mut tx = inventory.cell().tenant(reseller).await?;
    choices::lock(&mut tx, Process::Cancellation(id)).await?;
    let of = cancellations::get(&mut tx, id).await?;
    if of.state == ChoiceState::Done {
        return Ok(());
    }
    let now = tx.now().await?;
    let changes = tell(&mut tx, inventory, &of, &[order], now).await?;
    tx.commit().await?;
    inventory.learn_own(reseller, &changes);
    Ok(())
}

/// Does the default for orders whose buyers have not chosen. What cannot be done now is put off, and none of the others waits for it.
async fn close_all(inventory: &Inventory, reseller: ResellerId, of: &Cancellation, ids: &[OrderId]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let read = orders::of_ids(&mut inventory.cell().tenant(reseller).await?, ids).await;
    let orders = read.unwrap_or_else(|error| {
        tracing::warn!(%error, id = %of.id, "orders could not be read together; each is read for itself");
        Vec::new()
    });
    let mut again: Vec<OrderId> = ids.iter().copied().filter(|id| orders.iter().all(|order| order.id != *id)).collect();
    let mut failed = Vec::new();
    for some in orders.chunks(AT_ONCE) {
        let closed = join_all(some.iter().map(|order| close(inventory, reseller, of, order))).await;
        for (order, closed) in some.iter().zip(closed) {
            match closed {
                // Two of one buyer wanted the same places in its limits, or it has changed since: one after the other, as it is now.
                Err(Error::Refused(refusal)) if refusal.code == Code::Busy => again.push(order.id),
                Err(error) => failed.push((order.id, error)),
                Ok(()) => {}
            }
        }
    }
    for order in again {
        let closed = close_anew(inventory, reseller, of, order).await;
        failed.extend(closed.err().map(|error| (order, error)));
    }
    for (order, error) in failed {
        put_off(inventory, reseller, Process::Cancellation(of.id), order, &error).await;
    }
    Ok(())
}

async fn close_anew(inventory: &Inventory, reseller: ResellerId, of: &Cancellation, id: OrderId) -> Result<()> {
    let order = orders::get(&mut inventory.cell().tenant(reseller).await?, id).await?;
    close(inventory, reseller, of, &order).await
}

/// Does the default for an order, as it was looked at, whose buyer has not chosen. A replacement that cannot be is what else is offered, or
/// a refund; what cannot be given back either is noted with its reason for a person.
async fn close(inventory: &Inventory, reseller: ResellerId, of: &Cancellation, order: &Order) -> Result<()> {
    let mut tries = vec![of.default];
    if of.default == Remedy::Replacement {
        tries.push(of.default_for(false));
    }
    let mut refused = None;
    for remedy in &tries {
        let mut tx = inventory.cell().tenant(reseller).await?;
        match carry_out(&mut tx, inventory, of, order, *remedy, true).await {
            Ok(decided) => {
                tx.commit().await?;
                inventory.learn_own(reseller, &decided.changes);
                return Ok(());
            }
            Err(Error::Refused(refusal)) if refusal.code == Code::Busy => {
                return Err(Error::Refused(refusal));
            }
            Err(Error::Refused(refusal)) => {
                let disputed = refusal.code == Code::PaymentDisputed;
                refused = Some(refusal);
                if disputed {
                    // So is the rest; and if the bank lets it stand meanwhile, the default is tried anew, and not what else is offered.
                    break;
                }
            }
            Err(error) => return Err(error),
        }
    }
    let Some(refusal) = refused else { return Ok(()) };
    let changes = give_up(inventory, reseller, of, order, (tries.last().copied(), *refusal)).await?;
    inventory.learn_own(reseller, &changes);
    Ok(())
}

async fn completed(tx: &mut TenantTx, of: &Cancellation) -> Result<event::NewEvent> {
    let progress = cancellations::progress(tx, of.id).await?;
    let data = json!({
        "id": of.id, "performance_id": of.performance, "state": of.state, "orders": progress.told,
        "refunded": progress.refunded, "replaced": progress.replaced, "credited": progress.credited, "problems": progress.problems,
    });
    Ok(event::NewEvent::of("cancellation.completed", "cancellation", of.id, of.version, data))
}
