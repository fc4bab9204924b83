//! Carries a rescheduling on, a page at a time, from wherever it was left: tells who has tickets, waits until they have chosen,
//! and does the default for who has not.

use foundation::{
    Code, Error, Instant, Result, TenantTx, event,
    id::{OrderId, ReschedulingId, ResellerId},
};
use serde_json::json;

use super::{
    carry_on::{PAGE, look, put_off, told_or_put_off},
    decide_rescheduling::{carry_out, good},
    settle::order_event,
    tell_buyer,
};
use crate::{
    inventory::Inventory,
    rules::{
        choice::ChoiceState,
        rescheduling::{Decision, OrderDecision, Rescheduling},
    },
    store::{
        choices::{self, Process},
        orders, reschedulings,
    },
};

/// Carries it on by a page. Gives how many orders were seen to.
///
/// # Errors
/// `not_found`; the database's.
pub async fn carry_out_rescheduling(inventory: &Inventory, reseller: ResellerId, id: ReschedulingId) -> Result<usize> {
    match look_on(inventory, reseller, id).await {
        Ok(seen) => Ok(seen),
        Err(error) => tell_each_for_itself(inventory, reseller, id, error).await,
    }
}

async fn look_on(inventory: &Inventory, reseller: ResellerId, id: ReschedulingId) -> Result<usize> {
    let mut tx = inventory.cell().tenant(reseller).await?;
    let process = Process::Rescheduling(id);
    choices::lock(&mut tx, process).await?;
    let mut rescheduling = reschedulings::get(&mut tx, id).await?;
    let now = tx.now().await?;
    let told = tell(&mut tx, &rescheduling, now).await?;
    let look = look(&mut tx, process, (rescheduling.state, rescheduling.decide_by), told, false, now).await?;
    let ended = look.ended(rescheduling.state);
    (rescheduling.state, rescheduling.version) = (look.state, look.version);
    if ended {
        let told = completed(&mut tx, &rescheduling).await?;
        event::append(&mut tx, &[told]).await?;
    }
    tx.commit().await?;
    for order in &look.closing {
        if let Err(error) = close(inventory, reseller, &rescheduling, *order).await {
            put_off(inventory, reseller, process, *order, &error).await;
        }
    }
    Ok(told + look.closing.len())
}

/// Tells the buyers of a page of orders, whose tickets are good for the new time from now on.
async fn tell(tx: &mut TenantTx, rescheduling: &Rescheduling, now: Instant) -> Result<usize> {
    let untold = untold(tx, rescheduling, now).await?;
    tell_these(tx, rescheduling, &untold, now).await?;
    Ok(untold.len())
}

/// Whom it could not tell before is told before anything is closed; nobody else is looked for then.
async fn untold(tx: &mut TenantTx, of: &Rescheduling, now: Instant) -> Result<Vec<OrderId>> {
    if of.state == ChoiceState::Done {
        return Ok(Vec::new());
    }
    let process = Process::Rescheduling(of.id);
    let before = choices::untold_before(tx, process, now, PAGE).await?;
    if of.state == ChoiceState::Closing || !before.is_empty() {
        return Ok(before);
    }
    choices::untold(tx, process, of.performance, of.created_at, PAGE).await
}

async fn tell_these(tx: &mut TenantTx, of: &Rescheduling, orders: &[OrderId], now: Instant) -> Result<()> {
    let mut events = Vec::with_capacity(orders.len());
    for id in orders {
        if choices::add_order(tx, Process::Rescheduling(of.id), *id).await? {
            let mut order = orders::lock(tx, *id).await?;
            if good(&order, of).is_empty() {
                // Given back meanwhile: there is nothing to choose.
                continue;
            }
            orders::touch(tx, &mut order).await?;
            tell_buyer::rescheduled(tx, &order, of, now).await?;
            let mut told = order_event("order.rescheduled", &order);
            told.data["rescheduling_id"] = json!(of.id);
            events.push(told);
        }
    }
    Ok(event::append(tx, &events).await?)
}

/// Tells the buyers of a page one after the other, because together it failed.
async fn tell_each_for_itself(
    inventory: &Inventory,
    reseller: ResellerId,
    id: ReschedulingId,
    error: Error,
) -> Result<usize> {
    let mut tx = inventory.cell().tenant(reseller).await?;
    let of = reschedulings::get(&mut tx, id).await?;
    let now = tx.now().await?;
    let untold = untold(&mut tx, &of, now).await?;
    drop(tx);
    if untold.is_empty() {
        return Err(error);
    }
    tracing::warn!(%error, %id, "buyers could not be told together; each is told for itself");
    let mut seen = 0;
    for order in &untold {
        let told = tell_one(inventory, reseller, id, *order).await;
        let of = (Process::Rescheduling(id), of.state);
        seen += usize::from(told_or_put_off(inventory, reseller, of, *order, told).await);
    }
    if seen == 0 { Err(error) } else { Ok(seen) }
}

async fn tell_one(inventory: &Inventory, reseller: ResellerId, id: ReschedulingId, order: OrderId) -> Result<()> {
    let mut tx = inventory.cell().tenant(reseller).await?;
    choices::lock(&mut tx, Process::Rescheduling(id)).await?;
    let of = reschedulings::get(&mut tx, id).await?;
    if of.state != ChoiceState::Done {
        let now = tx.now().await?;
        tell_these(&mut tx, &of, &[order], now).await?;
    }
    Ok(tx.commit().await?)
}

/// Does the default for an order whose buyer has not chosen.
async fn close(inventory: &Inventory, reseller: ResellerId, of: &Rescheduling, order: OrderId) -> Result<()> {
    let mut tx = inventory.cell().tenant(reseller).await?;
    let now = tx.now().await?;
    match carry_out(&mut tx, inventory, of, order, of.default, true, now).await {
        Ok(decided) => {
            tx.commit().await?;
            inventory.learn_own(reseller, &decided.changes);
            Ok(())
        }
        Err(Error::Refused(refusal)) if refusal.code == Code::Busy => Err(Error::Refused(refusal)),
        // Used, void, free or disputed: a person looks at it.
        Err(Error::Refused(refusal)) if of.default == Decision::Refund => {
            drop(tx);
            let decision = OrderDecision {
                order,
                decision: Some(Decision::Refund),
                by_default: true,
                refund: None,
                problem: Some(refusal.detail.into_owned()),
                decided_at: Some(now),
            };
            let mut tx = inventory.cell().tenant(reseller).await?;
            reschedulings::decide(&mut tx, of.id, &decision).await?;
            Ok(tx.commit().await?)
        }
        // Decided by somebody else meanwhile.
        Err(Error::Refused(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

async fn completed(tx: &mut TenantTx, rescheduling: &Rescheduling) -> Result<event::NewEvent> {
    let progress = reschedulings::progress(tx, rescheduling.id).await?;
    let data = json!({
        "id": rescheduling.id, "performance_id": rescheduling.performance, "state": rescheduling.state,
        "orders": progress.told, "kept": progress.kept, "refunded": progress.refunded, "problems": progress.problems,
    });
    Ok(event::NewEvent::of("rescheduling.completed", "rescheduling", rescheduling.id, rescheduling.version, data))
}
