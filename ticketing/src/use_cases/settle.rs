//! What the outcome of a payment does to its order: sold, or free again. Everything that follows from the provider's word,
//! whether it came as a callback, as the answer to a call, or from looking it up, ends here.
//!
//! States only move forward, so outcomes may arrive in any order and any number of times.

use accounting::{LatePayment, Sale, SoldItem};
use foundation::{
    Instant, Money, Result, TenantTx, event,
    id::{PaymentId, RefundId},
};
use serde_json::{Value, json};

use crate::{
    provider::major,
    rules::order::{Credential, HeldTicket, Order, OrderItem, OrderState, Payment, PaymentState, Refund, RefundState},
    store::{
        claims::{self, Change, Owner, Wanted, Which},
        orders, payments, stock,
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
        "total": Money::rounded(order.total, order.currency), "pay_by": order.pay_by, "paid_at": order.paid_at,
        "items": order.items.iter().map(item).collect::<Vec<Value>>(),
    });
    event::NewEvent::of(kind, "order", order.id, order.version, data)
}

/// The event of a payment as it now is.
pub(super) fn payment_event(kind: &'static str, payment: &Payment) -> event::NewEvent {
    let data = json!({
        "id": payment.id, "order_id": payment.order, "state": payment.state, "amount": payment.amount,
        "decline_code": payment.decline.as_ref().map(|(code, _)| code),
    });
    event::NewEvent::of(kind, "payment", payment.id, payment.version, data)
}

/// The event of a refund as it now is.
pub(super) fn refund_event(kind: &'static str, refund: &Refund) -> event::NewEvent {
    let data = json!({
        "id": refund.id, "order_id": refund.order, "payment_id": refund.payment, "state": refund.state,
        "amount": refund.amount, "items": refund.items, "reason": refund.reason,
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
        buyer_fee: item.buyer_fee,
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
    event::append(tx, &[order_event("order.paid", order)]).await?;
    let items = order.items.iter().map(sold_item).collect();
    let sale = Sale { order: order.id, currency: order.currency, total: order.total, items };
    accounting::post_sale(tx, &sale).await
}

/// The payment with its order, locked in the one order: claims, order, payment.
async fn lock(tx: &mut TenantTx, payment: PaymentId) -> Result<(Order, Payment)> {
    let order = payments::get(tx, payment).await?.order;
    let held = tickets(&orders::get(tx, order).await?);
    claims::lock(tx, &held).await?;
    let order = orders::lock(tx, order).await?;
    Ok((order, payments::lock(tx, payment).await?))
}

/// The money is there: `received` in the provider's smallest unit.
///
/// # Errors
/// `not_found` for the payment; the database's.
pub async fn payment_succeeded(
    tx: &mut TenantTx,
    id: PaymentId,
    intent: &str,
    charge: Option<&str>,
    received: i64,
    teller: u64,
) -> Result<Settled> {
    let (mut order, mut payment) = lock(tx, id).await?;
    if payment.state == PaymentState::Succeeded {
        return Ok(Settled::default());
    }
    let now = tx.now().await?;
    payment.state = PaymentState::Succeeded;
    payment.provider_intent = Some(intent.to_owned());
    payments::save(tx, &mut payment).await?;
    if let Some(charge) = charge {
        payments::note_charge(tx, id, charge, None).await?;
    }
    event::append(tx, &[payment_event("payment.paid", &payment)]).await?;
    if major(received, order.currency) != order.total {
        tracing::error!(payment = %id, received, "the provider received another amount than the order's total");
        return send_back(tx, &order, &payment, received, now).await;
    }
    match claim_for_sale(tx, &order, now).await? {
        Some(changes) => {
            stock::tell(tx, &changes, teller).await?;
            sell(tx, &mut order, now).await?;
            Ok(Settled { changes, refund: None })
        }
        None => send_back(tx, &order, &payment, received, now).await,
    }
}

/// Makes the tickets the order's for ever: they are still, or, for money that came late, they are free again. None if the
/// order is paid already or some ticket is another's.
async fn claim_for_sale(tx: &mut TenantTx, order: &Order, now: Instant) -> Result<Option<Vec<Change>>> {
    let held = tickets(order);
    let owner = Owner::Order(order.id);
    match order.state {
        OrderState::Paid => Ok(None),
        OrderState::AwaitingPayment | OrderState::Processing => {
            let changes = claims::pass(tx, &held, owner, owner, Instant::NEVER, Which::Any).await?;
            Ok((changes.len() == held.len()).then_some(changes))
        }
        OrderState::Expired | OrderState::Cancelled => {
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
                return Ok(None);
            }
            let hold = Owner::Hold(order.hold);
            Ok(Some(claims::pass(tx, &held, hold, owner, Instant::NEVER, Which::Any).await?))
        }
    }
}

/// Money that cannot buy what it was for goes back at once.
async fn send_back(
    tx: &mut TenantTx,
    order: &Order,
    payment: &Payment,
    received: i64,
    now: Instant,
) -> Result<Settled> {
    let amount = Money::rounded(major(received, order.currency), order.currency);
    let refund = Refund {
        id: RefundId::new(),
        order: order.id,
        payment: payment.id,
        amount,
        items: Vec::new(),
        reason: "late_payment".to_owned(),
        state: RefundState::Pending,
        provider_refund: None,
        created_at: now,
        version: 1,
    };
    payments::insert_refund(tx, &refund).await?;
    event::append(tx, &[refund_event("payment.late_refunded", &refund)]).await?;
    let late = LatePayment { payment: payment.id, order: order.id, currency: order.currency, amount: amount.amount() };
    accounting::post_late_payment(tx, &late).await?;
    accounting::post_late_refund(tx, refund.id, &late).await?;
    Ok(Settled { changes: Vec::new(), refund: Some(refund.id) })
}

/// The buyer's try was declined; the order stays payable until its deadline.
///
/// # Errors
/// `not_found` for the payment; the database's.
pub async fn payment_declined(tx: &mut TenantTx, id: PaymentId, code: &str, message: &str) -> Result<()> {
    let (mut order, mut payment) = lock(tx, id).await?;
    if matches!(payment.state, PaymentState::Succeeded | PaymentState::Cancelled | PaymentState::Cancelling) {
        return Ok(());
    }
    payment.state = PaymentState::RequiresPayment;
    payment.decline = Some((code.to_owned(), message.to_owned()));
    payments::save(tx, &mut payment).await?;
    event::append(tx, &[payment_event("payment.failed", &payment)]).await?;
    if order.state == OrderState::Processing {
        orders::move_to(tx, &mut order, OrderState::AwaitingPayment, None).await?;
        event::append(tx, &[order_event("order.updated", &order)]).await?;
    }
    Ok(())
}

/// The provider is deciding: until it has, the order is locked.
///
/// # Errors
/// `not_found` for the payment; the database's.
pub async fn payment_processing(tx: &mut TenantTx, id: PaymentId) -> Result<()> {
    let (mut order, mut payment) = lock(tx, id).await?;
    if !payment.state.may_become(PaymentState::Processing) {
        return Ok(());
    }
    payment.state = PaymentState::Processing;
    payments::save(tx, &mut payment).await?;
    event::append(tx, &[payment_event("payment.processing", &payment)]).await?;
    if order.state == OrderState::AwaitingPayment {
        orders::move_to(tx, &mut order, OrderState::Processing, None).await?;
        event::append(tx, &[order_event("order.updated", &order)]).await?;
    }
    Ok(())
}

/// The payment can no longer succeed: its order ends, and its tickets are free. Where the caller does not say how it ends,
/// it has expired past its deadline and was called off before.
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
    let by_time = if order.pay_by <= tx.now().await? { OrderState::Expired } else { OrderState::Cancelled };
    let then = then.unwrap_or(by_time);
    if matches!(payment.state, PaymentState::Succeeded | PaymentState::Cancelled) {
        return Ok(Settled::default());
    }
    payment.state = PaymentState::Cancelled;
    payments::save(tx, &mut payment).await?;
    event::append(tx, &[payment_event("payment.cancelled", &payment)]).await?;
    let changes = end_order(tx, &mut order, then, teller).await?;
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
    orders::move_to(tx, order, to, None).await?;
    stock::tell(tx, &changes, teller).await?;
    let kind = if to == OrderState::Cancelled { "order.cancelled" } else { "order.expired" };
    event::append(tx, &[order_event(kind, order)]).await?;
    Ok(changes)
}
