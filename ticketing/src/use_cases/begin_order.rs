//! Begins a call that places an order in several steps: claims its key, and looks for what an earlier try of it has left behind, which may
//! have been lost anywhere. Calls of one reseller that come at the same moment are begun together.

use std::collections::HashMap;

use foundation::{
    Instant, Refusal, Result, TenantTx,
    id::{HoldId, OrderId, ResellerId},
    idempotency::{Claim, Key, StoredAnswer, claim_leased_all},
};

use super::change_hold::live_at;
use crate::{
    inventory::Inventory,
    rules::order::Order,
    store::{
        holds::{self, StoredHold},
        orders,
    },
    together::{Step, Together, Waiting, take},
};

/// A call to be begun.
#[derive(Debug)]
pub(crate) struct Beginning {
    key: Key,
    order: OrderId,
}

/// How it begins.
#[derive(Debug)]
pub enum Begun {
    /// It was done before: this is its answer.
    Before(StoredAnswer),
    /// It is to be done now. The key is the caller's until the answer is stored.
    Now(Box<Earlier>),
}

/// What an earlier try has left behind.
#[derive(Debug)]
pub struct Earlier {
    pub(super) order: Option<Order>,
    /// The hold that it made on the way and that still stands.
    pub(super) held: Option<HoldId>,
    /// The id of a hold that is made now.
    pub(super) next: HoldId,
}

/// Begins it, in a transaction of its own. `order` is the id that the call's order has at every try.
///
/// # Errors
/// `idempotency_key_reused`, `idempotency_key_in_use`; the database's.
pub async fn begin_order(inventory: &Inventory, reseller: ResellerId, key: Key, order: OrderId) -> Result<Begun> {
    take(inventory, reseller, Beginning { key, order }).await
}

impl Step for Beginning {
    type Done = Begun;
    const NAME: &str = "beginning";

    async fn all(_: &Inventory, tx: &mut TenantTx, steps: &[Self]) -> Result<Vec<Result<Begun, Refusal>>> {
        let claims = claim_leased_all(tx, &steps.iter().map(|step| &step.key).collect::<Vec<_>>()).await?;
        let ours = |claim: &Result<Claim, Refusal>| matches!(claim, Ok(Claim::Fresh | Claim::Lost));
        let begun = steps.iter().zip(&claims).filter(|(_, claim)| ours(claim)).map(|(step, _)| step.order);
        let mut earlier = earlier(tx, &begun.collect::<Vec<_>>()).await?.into_iter();
        let outcome = |claim: Result<Claim, Refusal>| match claim? {
            Claim::Done(answer) => Ok(Begun::Before(answer)),
            Claim::Fresh | Claim::Lost => {
                earlier.next().map(|earlier| Begun::Now(Box::new(earlier))).ok_or_else(|| Refusal::missing("order"))
            }
        };
        Ok(claims.into_iter().map(outcome).collect())
    }

    fn waiting(together: &Together) -> &Waiting<Self> {
        &together.beginnings
    }
}

/// What there is of these orders, in their order. The hold that an order makes on the way has the order's id, as long as there is none of
/// that yet.
async fn earlier(tx: &mut TenantTx, ids: &[OrderId]) -> Result<Vec<Earlier>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let orders = orders::of_ids(tx, ids).await?;
    let mut orders: HashMap<OrderId, Order> = orders.into_iter().map(|order| (order.id, order)).collect();
    let firsts: Vec<HoldId> = ids.iter().map(|id| HoldId::from_uuid(id.uuid())).collect();
    let holds = holds::of_ids(tx, &firsts).await?;
    let holds: HashMap<HoldId, StoredHold> = holds.into_iter().map(|hold| (hold.id, hold)).collect();
    let now = if holds.is_empty() { Instant::LONG_AGO } else { tx.now().await? };
    let earlier = |(id, first): (&OrderId, HoldId)| {
        let (held, next) = match holds.get(&first) {
            None => (None, first),
            Some(hold) if live_at(hold, now).is_ok() => (Some(first), first),
            Some(_) => (None, HoldId::new()),
        };
        Earlier { order: orders.remove(id), held, next }
    };
    Ok(ids.iter().zip(firsts).map(earlier).collect())
}
