//! What becomes of one order's tickets of a performance that was rescheduled: kept, or given back for their money.

use foundation::{
    Code, Error, Instant, Refusal, Result, TenantTx,
    id::{OrderId, ReschedulingId},
};

use super::refund::{NewRefund, accept_refund};
use crate::{
    inventory::Inventory,
    rules::{
        choice::ChoiceState,
        order::{Credential, Order},
        payment::Refund,
        rescheduling::{Decision, OrderDecision, Rescheduling},
    },
    store::{claims::Change, orders, reschedulings},
};

/// What was decided, and what follows from it.
#[derive(Debug)]
pub struct Decided {
    /// As it is written.
    pub decision: OrderDecision,
    /// The refund, accepted and to be sent.
    pub refund: Option<Refund>,
    /// What memory is to learn once that is committed.
    pub changes: Vec<Change>,
}

/// Notes a buyer's choice, in the caller's transaction. Who keeps may still give back until the deadline.
///
/// # Errors
/// `not_found`; `already_decided` for tickets that were given back; `expired` after the deadline, `nothing_to_refund` and what else [`accept_refund`] refuses.
pub async fn decide_rescheduling(
    tx: &mut TenantTx,
    inventory: &Inventory,
    id: ReschedulingId,
    order: OrderId,
    decision: Decision,
) -> Result<Decided> {
    let rescheduling = reschedulings::get(tx, id).await?;
    let now = tx.now().await?;
    let open = matches!(rescheduling.state, ChoiceState::Telling | ChoiceState::Deciding);
    if !open || now >= rescheduling.decide_by {
        let detail = format!("The time to choose ended at {}.", rescheduling.decide_by);
        return Err(Refusal::new(Code::Expired, detail).into());
    }
    carry_out(tx, inventory, &rescheduling, order, decision, false, now).await
}

/// Gives the tickets back, if that is the decision, and writes it.
pub(super) async fn carry_out(
    tx: &mut TenantTx,
    inventory: &Inventory,
    rescheduling: &Rescheduling,
    id: OrderId,
    decision: Decision,
    by_default: bool,
    now: Instant,
) -> Result<Decided> {
    let before = reschedulings::decision(tx, rescheduling.id, id).await?;
    let before = before.ok_or_else(|| Refusal::missing("order of this rescheduling"))?;
    if before == Some(Decision::Refund) {
        return Err(given_back());
    }
    let (refund, changes) = match decision {
        Decision::Keep => (None, Vec::new()),
        Decision::Refund => {
            let items = good(&orders::get(tx, id).await?, rescheduling);
            let new = NewRefund { order: id, items: Some(items), reason: "rescheduled".to_owned() };
            let (refund, changes) = accept_refund(tx, inventory, &new).await?;
            (Some(refund), changes)
        }
    };
    let decision = OrderDecision {
        order: id,
        decision: Some(decision),
        by_default,
        refund: refund.as_ref().map(|refund| refund.id),
        problem: None,
        decided_at: Some(now),
    };
    if !reschedulings::decide(tx, rescheduling.id, &decision).await? {
        return Err(given_back());
    }
    Ok(Decided { decision, refund, changes })
}

fn given_back() -> Error {
    Refusal::new(Code::AlreadyDecided, "The order's tickets have been given back.").into()
}

/// The order's items of the performance that are good.
pub(super) fn good(order: &Order, rescheduling: &Rescheduling) -> Vec<i16> {
    let of_it = order.items.iter().filter(|item| item.held.performance == rescheduling.performance);
    of_it
        .filter(|item| matches!(item.credential, Credential::Issued | Credential::Suspended))
        .map(|item| item.no)
        .collect()
}
