//! Sells what money has come for: the tickets are the order's for ever, their credentials issued, the books told. Money that cannot buy
//! what it was for goes back at once.
//!
//! What has become of a payment may be told any number of times; only the first time does anything. Sales of one reseller that the provider
//! answers for at the same moment are made together; one that a callback tells of is made with the note of that callback.

use std::collections::{HashMap, HashSet};

use accounting::{Credited, LatePayment, Sale};
use foundation::{
    Code, Error, Instant, Money, Refusal, Result, TenantTx, event,
    id::{OrderId, PaymentId, PerformanceId, RefundId, TicketId},
};

use super::{
    refund::REFUND_PATIENCE,
    settle::{Settled, order_event, payment_event, refund_event, sold_item, tickets},
    tell_buyer,
};
use crate::{
    inventory::Inventory,
    provider::{IntentState, major},
    rules::{
        letter::ReturnReason,
        limit::Subject,
        order::{HeldTicket, Order, OrderState},
        payment::{Payment, PaymentState, Refund, RefundState},
    },
    store::{
        blocks, cancellations,
        claims::{self, Change, Owner, Passing, Wanted, Which},
        credits, holds, orders, owners, payments, performances, refunds,
        slots::{self, Starts},
        stock, terms,
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

    async fn all(inventory: &Inventory, tx: &mut TenantTx, steps: &[Self]) -> Result<Vec<Came>> {
        payments_succeeded(tx, steps, inventory.teller).await
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
        let mut from: HashMap<PaymentId, PaymentState> = HashMap::new();
        let mut charges: Vec<(PaymentId, &str)> = Vec::new();
        for paid in all {
            let payment = self.payments.get_mut(&paid.payment).filter(|p| p.state != PaymentState::Succeeded);
            let Some(payment) = payment else { continue };
            let currency = payment.amount.currency();
            from.insert(payment.id, payment.state);
            payment.state = PaymentState::Succeeded;
            payment.received = Some(Money::rounded(major(paid.received, currency), currency));
            payment.action_url = None;
            payment.provider_intent = paid.intent.clone().or(payment.provider_intent.take());
            charges.extend(paid.charge.as_deref().map(|charge| (payment.id, charge)));
            self.news.push(payment.id);
        }
        let mut changed: Vec<(&mut Payment, PaymentState)> = self
            .payments
            .values_mut()
            .filter_map(|payment| from.get(&payment.id).map(|from| (payment, *from)))
            .collect();
        if changed.is_empty() {
            return Ok(());
        }
        payments::save_all(tx, &mut changed).await?;
        payments::note_charges(tx, &charges).await?;
        let paid: Vec<_> = self.news.iter().map(|id| payment_event("payment.paid", &self.payments[id])).collect();
        Ok(event::append(tx, &paid).await?)
    }

    /// Sells the orders whose tickets are still their own: all but the rare ones.
    async fn sell_in_time(&mut self, tx: &mut TenantTx) -> Result<()> {
        let open = |order: &&Order| matches!(order.state, OrderState::AwaitingPayment | OrderState::Processing);
        let mut first: HashMap<OrderId, PaymentId> = HashMap::new();
        for payment in self.news.iter().map(|id| &self.payments[id]) {
            let order = self.orders.get(&payment.order).filter(open);
            if order.is_some_and(|order| payment.received.is_some_and(|received| received.amount() == order.due())) {
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

async fn sell_late(
    tx: &mut TenantTx,
    order: &mut Order,
    payment: &Payment,
    now: Instant,
    teller: u64,
) -> Result<Settled> {
    let received = payment.received.unwrap_or(payment.amount);
    if received.amount() != order.due() {
        tracing::error!(payment = %payment.id, received = %received.amount(), "the provider received another amount than the order's total");
        return send_back(tx, order, payment, received, now).await;
    }
    match claim_late(tx, order, now).await? {
        Some(changes) => {
            let changes: Vec<Change> = changes.into_iter().map(Change::sold).collect();
            stock::tell(tx, &changes, teller).await?;
            sell(tx, &mut [order], now).await?;
            Ok(Settled { changes, refund: None })
        }
        None => send_back(tx, order, payment, received, now).await,
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
    let mut redeemed = Vec::new();
    for order in orders.iter().filter(|order| !order.by_credit.is_zero()) {
        let credited = |(credit, amount)| Credited { credit, currency: order.currency, amount };
        redeemed.extend(credits::redeem(tx, order.id).await?.into_iter().map(|of| (order.id, credited(of))));
    }
    let sale = |order: &&Order| Sale {
        order: order.id,
        currency: order.currency,
        total: order.total,
        by_credit: order.by_credit,
        items: order.items.iter().map(sold_item).collect(),
    };
    accounting::post_sales(tx, &orders.iter().map(sale).collect::<Vec<_>>()).await?;
    for (order, credited) in redeemed {
        accounting::post_credit_redeemed(tx, order, &credited).await?;
    }
    Ok(())
}

/// Makes the tickets the order's for ever though the money came late: they are free again, or others like them are, if the buyer has
/// agreed. None if the order is paid already or there are no such tickets.
async fn claim_late(tx: &mut TenantTx, order: &mut Order, now: Instant) -> Result<Option<Vec<Change>>> {
    let held = tickets(order);
    let performances: Vec<PerformanceId> = held.iter().map(|ticket| ticket.performance).collect();
    match order.state {
        OrderState::Paid => Ok(None),
        // Nobody buys what does not take place any more.
        _ if !cancellations::among(tx, &performances).await?.is_empty() => Ok(None),
        // Nor what is long over: what it is sold of is not there any more.
        OrderState::Expired | OrderState::Cancelled if performances::any_archived(tx, &performances).await? => Ok(None),
        // Its tickets were not all its own any more.
        OrderState::AwaitingPayment | OrderState::Processing => Ok(None),
        OrderState::Expired | OrderState::Cancelled => {
            if let Some(changes) = claim_again(tx, order, &held, now).await? {
                return Ok(Some(changes));
            }
            if !order.accepts_equivalents {
                return Ok(None);
            }
            let Some(others) = stock::equivalents(tx, order, now).await? else { return Ok(None) };
            let held: Vec<HeldTicket> = order
                .items
                .iter()
                .zip(&others)
                .map(|(item, (_, ticket, _))| HeldTicket { ticket: *ticket, ..item.held })
                .collect();
            let Some(changes) = claim_again(tx, order, &held, now).await? else { return Ok(None) };
            orders::replace_tickets(tx, order, &others).await?;
            Ok(Some(changes))
        }
    }
}

/// Claims free tickets for an order that had lost its own; all or none.
async fn claim_again(
    tx: &mut TenantTx,
    order: &Order,
    held: &[HeldTicket],
    now: Instant,
) -> Result<Option<Vec<Change>>> {
    // What was set aside for a seller meanwhile is nobody else's.
    if blocks::anothers(tx, held).await? || !within_limits(tx, order, held, now).await? {
        return Ok(None);
    }
    // Through a hold's claim, because taking what is free is the claims' one way of giving tickets.
    let wanted = |h: &HeldTicket| Wanted {
        hold: order.hold,
        performance: h.performance,
        ticket: h.ticket,
        until: Instant::NEVER,
    };
    let wanted: Vec<Wanted> = held.iter().map(wanted).collect();
    let got = claims::take(tx, &wanted, now).await?;
    if got.len() < held.len() {
        let partial: Vec<Wanted> =
            wanted.into_iter().filter(|w| got.iter().any(|(_, ticket)| *ticket == w.ticket)).collect();
        claims::undo(tx, &partial).await?;
        slots::free_all(tx, Owner::Order(order.id), held).await?;
        return Ok(None);
    }
    let (hold, owner) = (Owner::Hold(order.hold), Owner::Order(order.id));
    Ok(Some(claims::pass(tx, held, hold, owner, Instant::NEVER, Which::Any).await?))
}

/// Whom an order's tickets count for: by the reseller's reference, and by e-mail address.
pub(super) async fn buyers(tx: &mut TenantTx, order: &Order) -> Result<Vec<Subject>> {
    let reference = holds::find(tx, order.hold).await?.and_then(|hold| hold.buyer_reference);
    let (sealer, reseller) = (tx.sealer(), tx.reseller());
    let by_reference = reference.map(|text| Subject::reference(sealer, reseller, &text));
    let by_email = order.buyer.email.as_deref().map(|text| Subject::email(sealer, reseller, text));
    Ok(by_reference.into_iter().chain(by_email).collect())
}

/// Takes the slots of tickets that an order is to have again. Gives whether there were: what its buyer has bought meanwhile counts.
async fn within_limits(tx: &mut TenantTx, order: &Order, held: &[HeldTicket], now: Instant) -> Result<bool> {
    let buyers = buyers(tx, order).await?;
    let limited = terms::of_tickets(tx, held).await?.limits_again(held, &buyers);
    // Late money is rare: where it looks for slots matters to nobody.
    match slots::reserve(tx, &Starts::new(0), Owner::Order(order.id), &limited, (now, Instant::NEVER)).await {
        Err(Error::Refused(refusal)) if refusal.code != Code::Busy => Ok(false),
        other => other.map(|()| true),
    }
}

/// Money that cannot buy what it was for goes back at once.
async fn send_back(
    tx: &mut TenantTx,
    order: &Order,
    payment: &Payment,
    amount: Money,
    now: Instant,
) -> Result<Settled> {
    let reason = ReturnReason::of(order, amount);
    let refund = Refund {
        id: RefundId::new(),
        order: order.id,
        payment: Some(payment.id),
        credit: None,
        amount,
        items: Vec::new(),
        reason: reason.as_str().to_owned(),
        policy: order.refund_policy,
        // It was for nothing that was sold.
        ticket_tax: None,
        retry_of: None,
        state: RefundState::Pending,
        provider_refund: None,
        failure_reason: None,
        created_at: now,
        version: 1,
    };
    refunds::insert(tx, &refund, REFUND_PATIENCE).await?;
    event::append(tx, &[refund_event("payment.late_refunded", &refund)]).await?;
    tell_buyer::payment_returned(tx, order, &refund, reason).await?;
    let late = LatePayment { payment: payment.id, order: order.id, currency: order.currency, amount: amount.amount() };
    accounting::post_late_payment(tx, &late).await?;
    accounting::post_late_refund(tx, refund.id, &late).await?;
    Ok(Settled { changes: Vec::new(), refund: Some(refund.id) })
}
