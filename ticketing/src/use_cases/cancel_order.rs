//! Calls an unpaid order off. A payment that is open is cancelled at the provider first, and only its confirmation frees the
//! tickets; if it has succeeded meanwhile, the order is paid.

use foundation::{
    Error, Result,
    id::{OrderId, ResellerId},
};

use super::{apply_callback::follow_up, settle, start_payment::note_intent};
use crate::{
    inventory::Inventory,
    provider::{IntentState, Provider, Standing},
    rules::order::{Order, OrderState, Payment, PaymentState},
    store::{claims, orders, payments},
};

/// What is to become of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The reseller calls it off.
    Cancel,
    /// Its deadline has passed.
    Expire,
}

impl Ending {
    fn state(self) -> OrderState {
        match self {
            Self::Cancel => OrderState::Cancelled,
            Self::Expire => OrderState::Expired,
        }
    }
}

/// Ends an unpaid order, in transactions of its own. Gives the order as it then is: paid, if the money was faster.
///
/// # Errors
/// `not_found`, `order_locked`, `order_not_payable`, `order_expired` (to cancel what cannot be); the provider's.
pub async fn end_order(
    inventory: &Inventory,
    provider: &Provider,
    reseller: ResellerId,
    id: OrderId,
    ending: Ending,
) -> Result<Order> {
    let cell = inventory.cell();
    let mut tx = cell.tenant(reseller).await?;
    let held = settle::tickets(&orders::get(&mut tx, id).await?);
    claims::lock(&mut tx, &held).await?;
    let now = tx.now().await?;
    let mut order = orders::lock(&mut tx, id).await?;
    let due = ending == Ending::Expire && order.pay_by <= now;
    match ending {
        Ending::Cancel => order.open_at(now)?,
        Ending::Expire if !due || !matches!(order.state, OrderState::AwaitingPayment | OrderState::Processing) => {
            return Ok(order);
        }
        Ending::Expire => {}
    }
    let open = payments::of_order(&mut tx, id).await?.into_iter().find(is_open);
    let Some(mut payment) = open else {
        let changes = settle::end_order(&mut tx, &mut order, ending.state(), inventory.teller).await?;
        tx.commit().await?;
        inventory.learn_own(reseller, &changes);
        return Ok(order);
    };
    if payment.state.may_become(PaymentState::Cancelling) {
        payment.state = PaymentState::Cancelling;
        payments::save(&mut tx, &mut payment).await?;
    }
    tx.commit().await?;
    cancel_payment(inventory, provider, reseller, &payment, ending).await?;
    let mut tx = cell.tenant(reseller).await?;
    orders::get(&mut tx, id).await
}

fn is_open(payment: &Payment) -> bool {
    !matches!(payment.state, PaymentState::Succeeded | PaymentState::Cancelled)
}

/// Cancels at the provider and applies what it says.
async fn cancel_payment(
    inventory: &Inventory,
    provider: &Provider,
    reseller: ResellerId,
    payment: &Payment,
    ending: Ending,
) -> Result<()> {
    let cell = inventory.cell();
    // A payment whose creation was never answered may be there all the same.
    let intent = match &payment.provider_intent {
        Some(intent) => Some(intent.clone()),
        None => provider.find_intent(payment.id).await?.map(|found| found.id),
    };
    let standing = match &intent {
        Some(intent) => Some(provider.cancel_intent(intent).await?),
        None => None,
    };
    let mut tx = cell.tenant(reseller).await?;
    let settled = match &standing {
        Some(IntentState { standing: Standing::Succeeded, id, charge, amount_received, .. }) => {
            settle::payment_succeeded(&mut tx, payment.id, id, charge.as_deref(), *amount_received, inventory.teller)
                .await?
        }
        Some(intent @ IntentState { standing: Standing::Open | Standing::Processing, .. }) => {
            note_intent(&mut tx, payment.id, intent).await?;
            tx.commit().await?;
            return Err(Error::Provider("the payment could not be cancelled yet".to_owned()));
        }
        Some(IntentState { standing: Standing::Cancelled, .. }) | None => {
            settle::payment_cancelled(&mut tx, payment.id, Some(ending.state()), inventory.teller).await?
        }
    };
    tx.commit().await?;
    inventory.learn_own(reseller, &settled.changes);
    follow_up(inventory, provider, reseller, settled).await;
    Ok(())
}
