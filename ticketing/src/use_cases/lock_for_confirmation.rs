//! Locks orders while the provider is asked to confirm their payments, and writes what it said when it made them.

use std::collections::HashMap;

use foundation::{
    Refusal, Result, TenantTx, event,
    id::{OrderId, PaymentId},
};

use super::{
    settle::{order_event, payment_event},
    start_payment::{PATIENCE, called_off},
};
use crate::{
    inventory::Inventory,
    provider::IntentState,
    rules::{
        order::{Order, OrderState, under_way},
        payment::{Payment, PaymentState},
    },
    store::{
        orders,
        payments::{self, Became},
    },
    together::{Step, Together, Waiting},
};

/// A payment that is to be confirmed.
#[derive(Debug, Clone)]
pub(crate) struct Confirmation {
    /// Which.
    pub(super) payment: PaymentId,
    /// What the provider said when it made it, if that is not written yet.
    pub(super) made: Option<IntentState>,
}

impl Step for Confirmation {
    /// The payment as it then is.
    type Done = Payment;
    const NAME: &str = "confirmation";

    async fn all(_: &Inventory, tx: &mut TenantTx, steps: &[Self]) -> Result<Vec<Result<Payment, Refusal>>> {
        lock_for_confirmation(tx, steps).await
    }

    fn waiting(together: &Together) -> &Waiting<Self> {
        &together.confirmations
    }
}

/// Locks them and gives their payments, confirmed; in their order.
///
/// # Errors
/// Of each: `not_found`, `order_locked`, `order_expired`, `order_not_payable` where a payment was called off.
async fn lock_for_confirmation(tx: &mut TenantTx, all: &[Confirmation]) -> Result<Vec<Result<Payment, Refusal>>> {
    let ids: Vec<PaymentId> = all.iter().map(|confirmation| confirmation.payment).collect();
    let of = payments::orders_of(tx, &ids).await?;
    let orders = orders::lock_all(tx, &of).await?;
    let mut orders: HashMap<OrderId, Order> = orders.into_iter().map(|order| (order.id, order)).collect();
    let locked = payments::lock_all(tx, &ids).await?;
    let mut payments: HashMap<PaymentId, Payment> = locked.into_iter().map(|payment| (payment.id, payment)).collect();
    let now = tx.now().await?;
    let mut outcomes: Vec<Result<PaymentId, Refusal>> = Vec::with_capacity(all.len());
    // What each payment was that goes on, by its order: of two payments of one order the first is confirmed.
    let mut from: HashMap<OrderId, (PaymentId, PaymentState)> = HashMap::new();
    for Confirmation { payment, made } in all {
        let outcome = payments.get_mut(payment).ok_or_else(|| Refusal::missing("payment")).and_then(|payment| {
            let order = orders.get(&payment.order).ok_or_else(|| Refusal::missing("order"))?;
            order.open_at(now)?;
            if from.contains_key(&order.id) {
                return Err(under_way());
            }
            if !payment.state.may_become(PaymentState::Processing) || payment.state == PaymentState::Cancelling {
                return Err(called_off());
            }
            from.insert(order.id, (payment.id, payment.state));
            confirmed(payment, made.as_ref());
            Ok(payment.id)
        });
        outcomes.push(outcome);
    }
    orders.retain(|id, _| from.contains_key(id));
    let of: HashMap<PaymentId, PaymentState> = from.into_values().collect();
    payments.retain(|id, _| of.contains_key(id));
    if !payments.is_empty() {
        let mut changed: Vec<Became<'_>> = Vec::with_capacity(of.len());
        for payment in payments.values_mut() {
            if let Some(from) = of.get(&payment.id) {
                changed.push(Became { payment, from: *from, charge: None, look_at: Some(now.plus(PATIENCE)) });
            }
        }
        payments::save_all(tx, &mut changed).await?;
        orders::move_all(tx, &mut orders.values_mut().collect::<Vec<_>>(), OrderState::Processing, None).await?;
        let processing = payments.values().map(|payment| payment_event("payment.processing", payment));
        let updated = orders.values().map(|order| order_event("order.updated", order));
        event::append(tx, &processing.chain(updated).collect::<Vec<_>>()).await?;
    }
    let payment = |id: PaymentId| payments.get(&id).cloned().ok_or_else(|| Refusal::missing("payment"));
    Ok(outcomes.into_iter().map(|outcome| outcome.and_then(payment)).collect())
}

/// Confirms it in memory, with what the provider said when it made it.
fn confirmed(payment: &mut Payment, made: Option<&IntentState>) {
    if let Some(said) = made {
        payment.provider_intent = said.id.clone().or(payment.provider_intent.take());
        payment.client_secret = said.client_secret.clone().or(payment.client_secret.take());
    }
    payment.state = PaymentState::Processing;
    payment.action_url = None;
}
