//! What a payment's standing at the provider does to its order: sold, locked, payable again, or free. Everything that follows
//! from the provider's word, whether it came as a callback, as the answer to a call, or from looking it up, ends here.
//!
//! What is final (paid, cancelled) may be told in any order and any number of times. What is not final must be news: the caller
//! asks for it and makes sure that nothing was learned meanwhile.

use accounting::SoldItem;
use foundation::{
    Money, Result, TenantTx, event,
    id::{PaymentId, RefundId},
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    sell::{Paid, payment_succeeded},
    tell_buyer,
};
use crate::{
    provider::{IntentState, Standing},
    rules::{
        order::{HeldTicket, Order, OrderItem, OrderState},
        payment::{Payment, PaymentState, Refund},
    },
    store::{
        claims::{self, Change, Owner},
        credits, orders, payments, stock,
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
        Standing::Succeeded => payment_succeeded(tx, &Paid::told(id, said), teller).await,
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
