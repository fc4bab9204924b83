//! Locks orders while the provider is asked to confirm their payments, and writes what it said when it made them.

use foundation::{Refusal, Result, TenantTx, event, id::PaymentId};

use super::{
    settle::{order_event, payment_event},
    start_payment::{PATIENCE, called_off},
};
use crate::{
    inventory::Inventory,
    provider::IntentState,
    rules::{
        order::{Order, OrderState},
        payment::{Payment, PaymentState},
    },
    store::{claims::Change, orders, payments},
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

    async fn all(_: &Inventory, tx: &mut TenantTx, steps: &[Self]) -> Result<Vec<Payment>> {
        lock_for_confirmation(tx, steps).await
    }

    fn changes(_: &Payment) -> &[Change] {
        &[]
    }

    fn waiting(together: &Together) -> &Waiting<Self> {
        &together.confirmations
    }
}

/// # Errors
/// `not_found`, `order_locked`, `order_expired`, `order_not_payable` where a payment was called off.
async fn lock_for_confirmation(tx: &mut TenantTx, all: &[Confirmation]) -> Result<Vec<Payment>> {
    let ids: Vec<PaymentId> = all.iter().map(|confirmation| confirmation.payment).collect();
    let of = payments::orders_of(tx, &ids).await?;
    let mut orders = orders::lock_all(tx, &of).await?;
    let mut locked = payments::lock_all(tx, &ids).await?;
    let now = tx.now().await?;
    // Two of the same payment or order are one row: the halves find who of them is first.
    if locked.len() < all.len() || orders.len() < all.len() {
        return Err(Refusal::missing("payment").into());
    }
    orders.iter().try_for_each(|order| order.open_at(now))?;
    let mut saved: Vec<(&mut Payment, PaymentState)> = Vec::with_capacity(all.len());
    for payment in &mut locked {
        let from = payment.state;
        if !from.may_become(PaymentState::Processing) || from == PaymentState::Cancelling {
            return Err(called_off().into());
        }
        let made = all.iter().find(|confirmation| confirmation.payment == payment.id);
        if let Some(said) = made.and_then(|confirmation| confirmation.made.as_ref()) {
            payment.provider_intent = said.id.clone().or(payment.provider_intent.take());
            payment.client_secret = said.client_secret.clone().or(payment.client_secret.take());
        }
        payment.state = PaymentState::Processing;
        payment.action_url = None;
        saved.push((payment, from));
    }
    payments::save_all(tx, &mut saved).await?;
    payments::look_at(tx, &ids, now.plus(PATIENCE)).await?;
    orders::move_all(tx, &mut orders.iter_mut().collect::<Vec<&mut Order>>(), OrderState::Processing, None).await?;
    let processing = locked.iter().map(|payment| payment_event("payment.processing", payment));
    let updated = orders.iter().map(|order| order_event("order.updated", order));
    event::append(tx, &processing.chain(updated).collect::<Vec<_>>()).await?;
    let payment = |id: &PaymentId| locked.iter().find(|payment| payment.id == *id).cloned();
    ids.iter().map(|id| payment(id).ok_or_else(|| Refusal::missing("payment").into())).collect()
}
