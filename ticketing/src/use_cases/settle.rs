//! What a payment's standing at the provider does to its order: sold, locked, payable again, or free. Everything that follows
//! from the provider's word, whether it came as a callback, as the answer to a call, or from looking it up, ends here.
//!
//! What is final (paid, cancelled) may be told in any order and any number of times. What is not final must be news: the caller
//! asks for it and makes sure that nothing was learned meanwhile.

use accounting::{Credited, LatePayment, Sale, SoldItem};
use foundation::{
    Code, Error, Instant, Money, Result, TenantTx, event,
    id::{PaymentId, PerformanceId, RefundId},
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{refund::REFUND_PATIENCE, tell_buyer};
use crate::{
    provider::{IntentState, Standing, major},
    rules::{
        letter::ReturnReason,
        limit::Subject,
        order::{Credential, HeldTicket, Order, OrderItem, OrderState},
        payment::{Payment, PaymentState, Refund, RefundState},
    },
    store::{
        blocks, cancellations,
        claims::{self, Change, Owner, Wanted, Which},
        credits, holds, orders, owners, payments, performances, refunds,
        slots::{self, Starts},
        stock, terms,
    },
};

/// An outcome applied: what memory is to learn, and a refund that is to be sent to the provider once it is committed.
#[derive(Debug, Default)]
pub struct Settled {
    /// What became of claims.
    pub changes: Vec<Change>,
    /// Money to send back.
    pub refund: Option<RefundId>,
}

/// The event of an order as it now is.
pub(super) fn order_event(kind: &'static str, order: &Order) -> event::NewEvent {
    let item = |item: &OrderItem| {
        json!({
            "no": item.no, "performance_id": item.held.performance, "ticket_id": item.held.ticket,
            "total": Money::rounded(item.total, order.currency), "credential": item.credential,
        })
    };
    let data = json!({
        "id": order.id, "state": order.state, "reference": order.reference, "hold_id": order.hold,
        "total": Money::rounded(order.total, order.currency),
        "paid_by_credit": Money::rounded(order.by_credit, order.currency), "pay_by": order.pay_by, "paid_at": order.paid_at,
        "items": order.items.iter().map(item).collect::<Vec<Value>>(),
    });
    event::NewEvent::of(kind, "order", order.id, order.version, data)
}

/// The event of a payment as it now is.
pub(super) fn payment_event(kind: &'static str, payment: &Payment) -> event::NewEvent {
    let data = json!({
        "id": payment.id, "order_id": payment.order, "state": payment.state, "amount": payment.amount,
        "decline_code": payment.decline.as_ref().map(|decline| &decline.code),
    });
    event::NewEvent::of(kind, "payment", payment.id, payment.version, data)
}

/// The event of a refund as it now is.
pub(super) fn refund_event(kind: &'static str, refund: &Refund) -> event::NewEvent {
    let data = json!({
        "id": refund.id, "order_id": refund.order, "payment_id": refund.payment, "state": refund.state,
        "credit_id": refund.credit, "amount": refund.amount, "items": refund.items, "reason": refund.reason,
        "retry_of": refund.retry_of, "failure_reason": refund.failure_reason,
        "ticket_tax": refund.ticket_tax.map(|tax| Money::rounded(tax, refund.amount.currency())),
    });
    event::NewEvent::of(kind, "refund", refund.id, refund.version, data)
}

/// The item as accounting knows it.
pub(super) fn sold_item(item: &OrderItem) -> SoldItem {
    SoldItem {
        item_no: item.no,
        show: item.show,
        performance: item.held.performance,
        ticket: item.held.ticket,
        ticket_type: item.ticket_type.clone(),
        price_tier: item.price_tier.clone(),
        face_value: item.face_value,
        platform_fee: item.platform_fee,
        platform_fee_tax: item.platform_fee_tax,
        hosting_fee: item.hosting_fee,
        hosting_fee_tax: item.hosting_fee_tax,
        buyer_fee: item.buyer_fee,
        tax: item.tax,
    }
}

/// The order's tickets.
pub(super) fn tickets(order: &Order) -> Vec<HeldTicket> {
    order.items.iter().map(|item| item.held).collect()
}

/// Sells a locked order whose claims are its own for ever: credentials, event, journal.
pub(super) async fn sell(tx: &mut TenantTx, order: &mut Order, now: Instant) -> Result<()> {
    orders::move_to(tx, order, OrderState::Paid, Some(now)).await?;
    let nos: Vec<i16> = order.items.iter().map(|item| item.no).collect();
    orders::set_credentials(tx, order, &nos, Credential::Issued).await?;
    owners::purchased(tx, order, now).await?;
    event::append(tx, &[order_event("order.paid", order)]).await?;
    tell_buyer::order_confirmed(tx, order, now).await?;
    let items = order.items.iter().map(sold_item).collect();
    let redeemed = credits::redeem(tx, order.id).await?;
    let sale =
        Sale { order: order.id, currency: order.currency, total: order.total, by_credit: order.by_credit, items };
    accounting::post_sale(tx, &sale).await?;
    for (credit, amount) in redeemed {
        let credited = Credited { credit, currency: order.currency, amount };
        accounting::post_credit_redeemed(tx, order.id, &credited).await?;
    }
    Ok(())
}

/// The payment with its order, locked in the one order: claims, order, payment.
pub(super) async fn lock(tx: &mut TenantTx, payment: PaymentId) -> Result<(Order, Payment)> {
    let order = payments::get(tx, payment).await?.order;
    let held = tickets(&orders::get(tx, order).await?);
    claims::lock(tx, &held, Owner::Order(order)).await?;
    let order = orders::lock(tx, order).await?;
    Ok((order, payments::lock(tx, payment).await?))
}

/// Applies where a payment stands at the provider.
///
/// # Errors
/// `not_found` for the payment; the database's.
pub async fn learn(tx: &mut TenantTx, id: PaymentId, said: &IntentState, teller: u64) -> Result<Settled> {
    match said.standing {
        Standing::Succeeded => {
            let paid =
                Paid { intent: said.id.as_deref(), charge: said.charge.as_deref(), received: said.amount_received };
            payment_succeeded(tx, id, &paid, teller).await
        }
        Standing::Cancelled => {
            // Why it came to that is told before.
            if said.decline.is_some() {
                payment_moved(tx, id, &IntentState { standing: Standing::Open, ..said.clone() }).await?;
            }
            payment_cancelled(tx, id, None, teller).await
        }
        Standing::Processing | Standing::NeedsAction | Standing::Open => {
            payment_moved(tx, id, said).await.map(|()| Settled::default())
        }
    }
}

/// Money that came: the provider's names of payment and charge, and how much, in its smallest unit.
#[derive(Debug, Clone, Copy)]
pub struct Paid<'a> {
    /// The payment there.
    pub intent: Option<&'a str>,
    /// The charge there.
    pub charge: Option<&'a str>,
    /// How much.
    pub received: i64,
}

/// The money is there.
///
/// # Errors
/// `not_found` for the payment; the database's.
pub async fn payment_succeeded(tx: &mut TenantTx, id: PaymentId, paid: &Paid<'_>, teller: u64) -> Result<Settled> {
    let (mut order, mut payment) = lock(tx, id).await?;
    if payment.state == PaymentState::Succeeded {
        return Ok(Settled::default());
    }
    let now = tx.now().await?;
    let from = payment.state;
    let received = Money::rounded(major(paid.received, order.currency), order.currency);
    payment.state = PaymentState::Succeeded;
    payment.received = Some(received);
    payment.action_url = None;
    payment.provider_intent = paid.intent.map(str::to_owned).or(payment.provider_intent);
    payments::save(tx, &mut payment, from).await?;
    if let Some(charge) = paid.charge {
        payments::note_charge(tx, id, charge, None).await?;
    }
    event::append(tx, &[payment_event("payment.paid", &payment)]).await?;
    if received.amount() != order.due() {
        tracing::error!(payment = %id, received = paid.received, "the provider received another amount than the order's total");
        return send_back(tx, &order, &payment, received, now).await;
    }
    match claim_for_sale(tx, &mut order, now).await? {
        Some(changes) => {
            let changes: Vec<Change> = changes.into_iter().map(Change::sold).collect();
            stock::tell(tx, &changes, teller).await?;
            sell(tx, &mut order, now).await?;
            Ok(Settled { changes, refund: None })
        }
        None => send_back(tx, &order, &payment, received, now).await,
    }
}

/// Makes the tickets the order's for ever: they are still, or, for money that came late, they are free again, or others like
/// them are, if the buyer has agreed. None if the order is paid already or there are no such tickets.
async fn claim_for_sale(tx: &mut TenantTx, order: &mut Order, now: Instant) -> Result<Option<Vec<Change>>> {
    let held = tickets(order);
    let owner = Owner::Order(order.id);
    let performances: Vec<PerformanceId> = held.iter().map(|ticket| ticket.performance).collect();
    match order.state {
        OrderState::Paid => Ok(None),
        // Nobody buys what does not take place any more.
        _ if cancellations::any(tx, &performances).await? => Ok(None),
        // Nor what is long over: what it is sold of is not there any more.
        OrderState::Expired | OrderState::Cancelled if performances::any_archived(tx, &performances).await? => Ok(None),
        OrderState::AwaitingPayment | OrderState::Processing => {
            let changes = claims::pass(tx, &held, owner, owner, Instant::NEVER, Which::Any).await?;
            Ok((changes.len() == held.len()).then_some(changes))
        }
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

/// The payment goes on: the buyer has still to pay or to confirm, a try was declined, or the provider decides.
async fn payment_moved(tx: &mut TenantTx, id: PaymentId, said: &IntentState) -> Result<()> {
    let (mut order, mut payment) = lock(tx, id).await?;
    let before = payment.clone();
    let to = match said.standing {
        Standing::Processing => PaymentState::Processing,
        Standing::NeedsAction => PaymentState::RequiresAction,
        _ => PaymentState::RequiresPayment,
    };
    payment.provider_intent = said.id.clone().or(payment.provider_intent);
    payment.provider_session = said.session.clone().or(payment.provider_session);
    payment.client_secret = said.client_secret.clone().or(payment.client_secret);
    payment.page_url = said.page_url.clone().or(payment.page_url);
    // What is being cancelled is not payable any more, though it may turn out to be under way; what has ended has ended.
    let ends = payment.state == PaymentState::Cancelling && to != PaymentState::Processing;
    let lives = payment.state.is_open() && !ends;
    let mut declined = false;
    if lives {
        payment.state = to;
        payment.action_url.clone_from(&said.action_url);
        let known = payment.decline.as_ref().map(|decline| &decline.which);
        declined = said.decline.as_ref().is_some_and(|decline| Some(&decline.which) != known);
        payment.decline = said.decline.clone().or(payment.decline);
    }
    if payment == before {
        return Ok(());
    }
    payments::save(tx, &mut payment, before.state).await?;
    if declined {
        event::append(tx, &[payment_event("payment.failed", &payment)]).await?;
        tell_buyer::payment_failed(tx, &order, &payment).await?;
    }
    if payment.state != before.state {
        let kind = match payment.state {
            PaymentState::Processing => Some("payment.processing"),
            PaymentState::RequiresAction => Some("payment.requires_action"),
            _ => None,
        };
        if let Some(kind) = kind {
            event::append(tx, &[payment_event(kind, &payment)]).await?;
        }
    }
    let locked = lives && payment.state == PaymentState::Processing;
    let order_to = match order.state {
        OrderState::AwaitingPayment if locked => OrderState::Processing,
        OrderState::Processing if lives && !locked => OrderState::AwaitingPayment,
        _ => return Ok(()),
    };
    orders::move_to(tx, &mut order, order_to, None).await?;
    Ok(event::append(tx, &[order_event("order.updated", &order)]).await?)
}

/// The payment can no longer succeed. If it was cancelled because its order ends, the order ends, and its tickets are free;
/// where the caller does not say how, it has expired past its deadline and was called off before. Else the order stays payable:
/// the next try makes another payment.
///
/// # Errors
/// `not_found` for the payment; the database's.
pub async fn payment_cancelled(
    tx: &mut TenantTx,
    id: PaymentId,
    then: Option<OrderState>,
    teller: u64,
) -> Result<Settled> {
    let (mut order, mut payment) = lock(tx, id).await?;
    if !payment.state.is_open() {
        return Ok(Settled::default());
    }
    let from = payment.state;
    payment.state = PaymentState::Cancelled;
    payment.action_url = None;
    payments::save(tx, &mut payment, from).await?;
    event::append(tx, &[payment_event("payment.cancelled", &payment)]).await?;
    if from != PaymentState::Cancelling {
        if order.state == OrderState::Processing {
            orders::move_to(tx, &mut order, OrderState::AwaitingPayment, None).await?;
            event::append(tx, &[order_event("order.updated", &order)]).await?;
        }
        return Ok(Settled::default());
    }
    let by_time = if order.pay_by <= tx.now().await? { OrderState::Expired } else { OrderState::Cancelled };
    let changes = end_order(tx, &mut order, then.unwrap_or(by_time), teller).await?;
    Ok(Settled { changes, refund: None })
}

/// Ends a locked, unpaid order: its tickets are free.
pub(super) async fn end_order(
    tx: &mut TenantTx,
    order: &mut Order,
    to: OrderState,
    teller: u64,
) -> Result<Vec<Change>> {
    if !matches!(order.state, OrderState::AwaitingPayment | OrderState::Processing) {
        return Ok(Vec::new());
    }
    let changes = claims::free(tx, &tickets(order), Owner::Order(order.id)).await?;
    if !order.by_credit.is_zero() {
        credits::let_go(tx, order.id).await?;
        orders::set_by_credit(tx, order, Decimal::ZERO).await?;
    }
    orders::move_to(tx, order, to, None).await?;
    stock::tell(tx, &changes, teller).await?;
    let kind = if to == OrderState::Cancelled { "order.cancelled" } else { "order.expired" };
    event::append(tx, &[order_event(kind, order)]).await?;
    tell_buyer::order_ended(tx, order).await?;
    Ok(changes)
}
