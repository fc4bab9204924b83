//! Sells what money has come for: the tickets are the order's for ever, their credentials issued, the books told. Money that came too late,
//! for another amount or a second time is seen to by [`super::sell_late`].
//!
//! What has become of a payment may be told any number of times; only the first time does anything. Sales of one reseller that the provider
//! answers for at the same moment are made together; one that a callback tells of is made with the note of that callback.

use std::collections::{HashMap, HashSet};

use accounting::{Credited, Sale};
use foundation::{
    Currency, Error, Instant, Money, Refusal, Result, TenantTx, event,
    id::{OrderId, PaymentId, PerformanceId, TicketId},
};

use super::{
    sell_late::sell_late,
    settle::{Settled, order_event, payment_event, sold_item, tickets},
    tell_buyer,
};
use crate::{
    inventory::Inventory,
    provider::{IntentState, major},
    rules::{
        order::{HeldTicket, Order, OrderState},
        payment::{Payment, PaymentState},
    },
    store::{
        cancellations,
        claims::{self, Change, Owner, Passing},
        credits, orders, owners,
        payments::{self, Became},
        stock,
    },
    together::{Step, Together, Waiting},
};

/// Money that came for a payment: the provider's names of payment and charge, and how much, in its smallest unit.
#[derive(Debug, Clone)]
pub struct Paid {
    /// For which payment.
    pub payment: PaymentId,
    /// The payment there.
    pub intent: Option<String>,
    /// The charge there.
    pub charge: Option<String>,
    /// How much.
    pub received: i64,
}

impl Paid {
    /// What the provider said of a payment that has succeeded.
    #[must_use]
    pub fn told(payment: PaymentId, said: &IntentState) -> Self {
        Self { payment, intent: said.id.clone(), charge: said.charge.clone(), received: said.amount_received }
    }
}

/// A payment that has succeeded, and what came of it.
#[derive(Debug)]
pub struct Came {
    /// The payment as it is now.
    pub payment: Payment,
    /// What followed.
    pub settled: Settled,
}

impl Step for Paid {
    type Done = Came;
    const NAME: &str = "sale";

    async fn all(inventory: &Inventory, tx: &mut TenantTx, steps: &[Self]) -> Result<Vec<Result<Came, Refusal>>> {
        Ok(payments_succeeded(tx, steps, inventory.teller).await?.into_iter().map(Ok).collect())
    }

    fn changes(done: &Came) -> &[Change] {
        &done.settled.changes
    }

    fn waiting(together: &Together) -> &Waiting<Self> {
        &together.sales
    }
}

/// The money is there.
///
/// # Errors
/// `not_found` for the payment; the database's.
pub async fn payment_succeeded(tx: &mut TenantTx, paid: &Paid, teller: u64) -> Result<Settled> {
    let came = payments_succeeded(tx, std::slice::from_ref(paid), teller).await?.pop();
    came.map(|came| came.settled).ok_or_else(|| Error::Inconsistent("a payment came to nothing".to_owned()))
}

/// The same of many, in their order.
async fn payments_succeeded(tx: &mut TenantTx, all: &[Paid], teller: u64) -> Result<Vec<Came>> {
    let mut desk = Desk::lock(tx, all, teller).await?;
    desk.note(tx, all).await?;
    desk.sell_in_time(tx).await?;
    desk.sell_late(tx).await?;
    let mut came = Vec::with_capacity(all.len());
    for paid in all {
        let payment = desk.payments.get(&paid.payment).cloned().ok_or_else(|| Refusal::missing("payment"))?;
        let settled = desk.settled.remove(&paid.payment).unwrap_or_default();
        came.push(Came { payment, settled });
    }
    Ok(came)
}

/// Payments and their orders, locked, while it is seen to what the money buys.
struct Desk {
    teller: u64,
    now: Instant,
    orders: HashMap<OrderId, Order>,
    payments: HashMap<PaymentId, Payment>,
    /// Those that have succeeded just now and whose money is to buy something yet, in the order in which they were told.
    news: Vec<PaymentId>,
    settled: HashMap<PaymentId, Settled>,
}

impl Desk {
    /// Locks in the one order: claims, orders, payments.
    async fn lock(tx: &mut TenantTx, all: &[Paid], teller: u64) -> Result<Self> {
        let ids: Vec<PaymentId> = all.iter().map(|paid| paid.payment).collect();
        let orders = payments::orders_of(tx, &ids).await?;
        let owners: Vec<Owner> = orders.iter().map(|order| Owner::Order(*order)).collect();
        let held = orders::tickets(tx, &orders).await?;
        claims::lock_all(tx, &held, &owners).await?;
        let orders = orders::lock_all(tx, &orders).await?.into_iter().map(|order| (order.id, order)).collect();
        let payments: HashMap<_, _> =
            payments::lock_all(tx, &ids).await?.into_iter().map(|payment| (payment.id, payment)).collect();
        if ids.iter().any(|id| !payments.contains_key(id)) {
            return Err(Refusal::missing("payment").into());
        }
        let (news, settled) = (Vec::new(), HashMap::new());
        Ok(Self { teller, now: tx.now().await?, orders, payments, news, settled })
    }

    /// Notes that the payments have succeeded. What was noted before is no news.
    async fn note(&mut self, tx: &mut TenantTx, all: &[Paid]) -> Result<()> {
        let mut before: HashMap<PaymentId, (PaymentState, Option<&str>)> = HashMap::new();
        for paid in all {
            let payment = self.payments.get_mut(&paid.payment).filter(|p| p.state != PaymentState::Succeeded);
            let Some(payment) = payment else { continue };
            let currency = payment.amount.currency();
            before.insert(payment.id, (payment.state, paid.charge.as_deref()));
            payment.state = PaymentState::Succeeded;
            payment.received = Some(Money::rounded(major(paid.received, currency), currency));
            payment.action_url = None;
            payment.provider_intent = paid.intent.clone().or(payment.provider_intent.take());
            self.news.push(payment.id);
        }
        let mut changed: Vec<Became<'_>> = Vec::with_capacity(before.len());
        for payment in self.payments.values_mut() {
            if let Some((from, charge)) = before.get(&payment.id) {
                changed.push(Became { payment, from: *from, charge: *charge, look_at: None });
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        payments::save_all(tx, &mut changed).await?;
        let paid: Vec<_> = self.news.iter().map(|id| payment_event("payment.paid", &self.payments[id])).collect();
        Ok(event::append(tx, &paid).await?)
    }

    /// Sells the orders whose tickets are still their own: all but the rare ones.
    async fn sell_in_time(&mut self, tx: &mut TenantTx) -> Result<()> {
        let open = |order: &&Order| matches!(order.state, OrderState::AwaitingPayment | OrderState::Processing);
        let mut first: HashMap<OrderId, PaymentId> = HashMap::new();
        for payment in self.news.iter().map(|id| &self.payments[id]) {
            let order = self.orders.get(&payment.order).filter(open);
            if order
                .is_some_and(|order| payment.received.is_some_and(|received| received.amount() == order.by_payment()))
            {
                first.entry(payment.order).or_insert(payment.id);
            }
        }
        // Nobody buys what does not take place any more.
        let performances = |order: &Order| order.items.iter().map(|item| item.held.performance).collect::<Vec<_>>();
        let all: HashSet<PerformanceId> = first.keys().flat_map(|id| performances(&self.orders[id])).collect();
        let cancelled = cancellations::among(tx, &all.into_iter().collect::<Vec<_>>()).await?;
        first.retain(|id, _| !performances(&self.orders[id]).iter().any(|of| cancelled.contains(of)));
        let mut sold = self.claim(tx, first.keys().copied().collect()).await?;
        if sold.is_empty() {
            return Ok(());
        }
        let changes: Vec<Change> = sold.values().flatten().copied().collect();
        stock::tell(tx, &changes, self.teller).await?;
        let mut orders: Vec<&mut Order> =
            self.orders.values_mut().filter(|order| sold.contains_key(&order.id)).collect();
        orders.sort_unstable_by_key(|order| order.id);
        sell(tx, &mut orders, self.now).await?;
        for (order, payment) in first {
            if let Some(changes) = sold.remove(&order) {
                self.news.retain(|id| *id != payment);
                self.settled.insert(payment, Settled { changes, refund: None });
            }
        }
        Ok(())
    }

    /// Makes the tickets of these orders theirs for ever. Gives what changed for those that still had all of theirs.
    async fn claim(&self, tx: &mut TenantTx, ids: Vec<OrderId>) -> Result<HashMap<OrderId, Vec<Change>>> {
        let held: Vec<(OrderId, Vec<HeldTicket>)> = ids.iter().map(|id| (*id, tickets(&self.orders[id]))).collect();
        let mut passing: Vec<Passing<'_>> = Vec::with_capacity(held.len());
        for (order, tickets) in &held {
            let owner = Owner::Order(*order);
            passing.push(Passing { tickets, from: owner, to: owner, until: Instant::NEVER });
        }
        let mut of: HashMap<(PerformanceId, TicketId), Change> = claims::pass_locked(tx, &passing, Instant::LONG_AGO)
            .await?
            .into_iter()
            .map(|change| ((change.performance, change.ticket), change.sold()))
            .collect();
        let mut claimed = HashMap::new();
        for (order, tickets) in &held {
            let changes: Vec<Change> =
                tickets.iter().filter_map(|held| of.remove(&(held.performance, held.ticket))).collect();
            if changes.len() == tickets.len() {
                claimed.insert(*order, changes);
            }
        }
        Ok(claimed)
    }

    /// Sees to the money that came too late, for another amount, or a second time.
    async fn sell_late(&mut self, tx: &mut TenantTx) -> Result<()> {
        for id in std::mem::take(&mut self.news) {
            let payment = &self.payments[&id];
            let order = self.orders.get_mut(&payment.order).ok_or_else(|| Refusal::missing("order"))?;
            let settled = sell_late(tx, order, payment, self.now, self.teller).await?;
            self.settled.insert(id, settled);
        }
        Ok(())
    }
}

/// Sells locked orders whose claims are their own for ever: credentials, owners, events, letters, journals.
pub(super) async fn sell(tx: &mut TenantTx, orders: &mut [&mut Order], now: Instant) -> Result<()> {
    orders::move_all(tx, orders, OrderState::Paid, Some(now)).await?;
    orders::issue(tx, orders).await?;
    let orders: Vec<&Order> = orders.iter().map(|order| &**order).collect();
    owners::purchased(tx, &orders, now).await?;
    let paid: Vec<_> = orders.iter().map(|order| order_event("order.paid", order)).collect();
    event::append(tx, &paid).await?;
    tell_buyer::orders_confirmed(tx, &orders, now).await?;
    let redeemed = redeem(tx, &orders).await?;
    let sale = |order: &&Order| Sale {
        order: order.id,
        currency: order.currency,
        total: order.total,
        by_credit: order.by_credit,
        items: order.items.iter().map(sold_item).collect(),
    };
    accounting::post_sales(tx, &orders.iter().map(sale).collect::<Vec<_>>(), &redeemed).await
}

/// What the orders have kept of credits is redeemed. Gives what of which order.
async fn redeem(tx: &mut TenantTx, orders: &[&Order]) -> Result<Vec<(OrderId, Credited)>> {
    let by_credit: HashMap<OrderId, Currency> =
        orders.iter().filter(|order| !order.by_credit.is_zero()).map(|order| (order.id, order.currency)).collect();
    let redeemed = credits::redeem(tx, &by_credit.keys().copied().collect::<Vec<_>>()).await?;
    Ok(redeemed
        .into_iter()
        .map(|(order, credit, amount)| (order, Credited { credit, currency: by_credit[&order], amount }))
        .collect())
}
