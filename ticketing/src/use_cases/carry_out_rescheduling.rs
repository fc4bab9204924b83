//! Carries a rescheduling on, a page at a time, from wherever it was left: tells who has tickets, waits until they have chosen,
//! and does the default for who has not.

use foundation::{
    Code, Error, Instant, Result, TenantTx, event,
    id::{OrderId, ReschedulingId, ResellerId},
};
use serde_json::json;

use super::{
    carry_on::{PAGE, look, put_off},
    decide_rescheduling::carry_out,
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
    let mut tx = inventory.cell().tenant(reseller).await?;
    let process = Process::Rescheduling(id);
    choices::lock(&mut tx, process).await?;
    let mut rescheduling = reschedulings::get(&mut tx, id).await?;
    let now = tx.now().await?;
    let told = match rescheduling.state {
        ChoiceState::Telling | ChoiceState::Deciding => tell(&mut tx, &rescheduling, now).await?,
        ChoiceState::Closing | ChoiceState::Done => 0,
    };
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
    let process = Process::Rescheduling(rescheduling.id);
    let (of, before) = (rescheduling.performance, rescheduling.created_at);
    let untold = choices::untold(tx, process, of, before, PAGE).await?;
    let mut events = Vec::with_capacity(untold.len());
    for id in &untold {
        if choices::add_order(tx, process, *id).await? {
            let mut order = orders::lock(tx, *id).await?;
            orders::touch(tx, &mut order).await?;
            tell_buyer::rescheduled(tx, &order, rescheduling, now).await?;
            let mut told = order_event("order.rescheduled", &order);
            told.data["rescheduling_id"] = json!(rescheduling.id);
            events.push(told);
        }
    }
    event::append(tx, &events).await?;
    Ok(untold.len())
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
