//! Asks the provider how a payment stands, and applies the answer.
//!
//! An answer that is not final may be overtaken by another one; so it counts only if nothing was learned of the payment since
//! before it was asked for, and else the provider is asked again.

use foundation::{
    Code, Refusal, Result,
    id::{PaymentId, ResellerId},
};

use super::{
    apply_callback::follow_up,
    sell::{Came, Paid},
    settle,
};
use crate::{
    inventory::Inventory,
    provider::{IntentState, Provider, Standing},
    rules::payment::{Payment, PaymentState},
    store::payments,
    together::take,
};

/// How often a payment is asked for that changes all the while.
const ASKS: usize = 5;

/// Asks and applies, in transactions of its own. Gives the payment as it then is.
///
/// # Errors
/// `not_found`, `busy` if the payment changes all the while; the provider's.
pub async fn ask_payment(
    inventory: &Inventory,
    provider: &Provider,
    reseller: ResellerId,
    id: PaymentId,
) -> Result<Payment> {
    for _ in 0..ASKS {
        let payment = payments::get(&mut inventory.cell().tenant(reseller).await?, id).await?;
        let Some(said) = provider.standing(&payment).await? else { return Ok(payment) };
        if let Some(payment) = apply(inventory, provider, reseller, &payment, &said).await? {
            return Ok(payment);
        }
    }
    Err(Refusal::new(Code::Busy, "The payment is changing at this moment; ask again.").into())
}

/// Applies what the provider said of a payment that stood like this before it was asked. None if it is no longer news. A payment
/// that was called off while the provider made it is cancelled there too, so that nothing stays open that nobody waits for.
///
/// # Errors
/// The database's.
pub(super) async fn apply(
    inventory: &Inventory,
    provider: &Provider,
    reseller: ResellerId,
    asked: &Payment,
    said: &IntentState,
) -> Result<Option<Payment>> {
    if said.standing == Standing::Succeeded {
        let Came { payment, settled } = take(inventory, reseller, Paid::told(asked.id, said)).await?;
        follow_up(inventory, provider, reseller, settled).await;
        return Ok(Some(payment));
    }
    let mut tx = inventory.cell().tenant(reseller).await?;
    let is_final = said.standing == Standing::Cancelled;
    if !is_final {
        let (_, now) = settle::lock(&mut tx, asked.id).await?;
        if now.version != asked.version && now.state.is_open() {
            return Ok(None);
        }
    }
    let settled = settle::learn(&mut tx, asked.id, said, inventory.teller).await?;
    let payment = payments::get(&mut tx, asked.id).await?;
    tx.commit().await?;
    inventory.learn_own(reseller, &settled.changes);
    follow_up(inventory, provider, reseller, settled).await;
    if !is_final && payment.state == PaymentState::Cancelled {
        provider.cancel(&payment).await?;
    }
    Ok(Some(payment))
}
