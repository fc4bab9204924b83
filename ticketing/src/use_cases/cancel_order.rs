//! Calls an unpaid order off. A payment that is open is cancelled at the provider first, and only its confirmation frees the
//! tickets; if it has succeeded meanwhile, the order is paid.

use std::time::Duration;

use foundation::{
    Result,
    id::{OrderId, ResellerId},
};

use super::{apply_callback::follow_up, settle};
use crate::{
    inventory::Inventory,
    provider::{Provider, Standing},
    rules::{
        order::{Order, OrderState, under_way},
        payment::{Payment, PaymentState},
    },
    store::{
        claims::{self, Owner},
        orders, payments,
    },
};

/// What is to become of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The reseller calls it off.
    Cancel,
    /// Its deadline has passed. A payment that the provider is still deciding keeps the tickets for so long after it.
    Expire {
        /// How long.
        slow: Duration,
    },
}

impl Ending {
    fn state(self) -> OrderState {
        match self {
            Self::Cancel => OrderState::Cancelled,
            Self::Expire { .. } => OrderState::Expired,
        }
    }
}

/// Ends an unpaid order, in transactions of its own. Gives the order as it then is: at its deadline that may be paid, if the
/// money was faster.
///
/// # Errors
/// `not_found`, `order_locked`, `order_not_payable`, `order_expired` (to cancel what cannot be, or no longer can when the
/// provider has answered); the provider's.
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
    claims::lock(&mut tx, &held, Owner::Order(id)).await?;
    let now = tx.now().await?;
    let mut order = orders::lock(&mut tx, id).await?;
    match ending {
        Ending::Cancel => order.open_at(now)?,
        Ending::Expire { .. } => {
            let open = matches!(order.state, OrderState::AwaitingPayment | OrderState::Processing);
            if !open || now < order.pay_by {
                return Ok(order);
            }
        }
    }
    let open = payments::of_order(&mut tx, id).await?.into_iter().find(|payment| payment.state.is_open());
    let Some(mut payment) = open else {
        let changes = settle::end_order(&mut tx, &mut order, ending.state(), inventory.teller).await?;
        tx.commit().await?;
        inventory.learn_own(reseller, &changes);
        return Ok(order);
    };
    let from = payment.state;
    if from.may_become(PaymentState::Cancelling) {
        payment.state = PaymentState::Cancelling;
        payments::save(&mut tx, &mut payment, from).await?;
    }
    tx.commit().await?;
    cancel_payment(inventory, provider, reseller, &payment, ending).await?;
    let mut tx = cell.tenant(reseller).await?;
    let order = orders::get(&mut tx, id).await?;
    if ending == Ending::Cancel && order.state != OrderState::Cancelled {
        // Something else was faster, the money most likely: refused as it would have been a moment later.
        order.open_at(tx.now().await?)?;
    }
    Ok(order)
}

/// Cancels at the provider and applies what it says.
async fn cancel_payment(
    inventory: &Inventory,
    provider: &Provider,
    reseller: ResellerId,
    payment: &Payment,
    ending: Ending,
) -> Result<()> {
    let said = provider.cancel(payment).await?;
    let mut tx = inventory.cell().tenant(reseller).await?;
    let settled = match &said {
        Some(said) if said.standing == Standing::Succeeded => {
            settle::learn(&mut tx, payment.id, said, inventory.teller).await?
        }
        Some(said) if said.standing != Standing::Cancelled => {
            // The provider is deciding, which only slow methods do for long.
            settle::learn(&mut tx, payment.id, said, inventory.teller).await?;
            if still_waits(&mut tx, payment, ending).await? {
                tx.commit().await?;
                return Err(under_way().into());
            }
            let (mut order, _) = settle::lock(&mut tx, payment.id).await?;
            let changes = settle::end_order(&mut tx, &mut order, OrderState::Expired, inventory.teller).await?;
            settle::Settled { changes, refund: None }
        }
        Some(_) | None => {
            settle::payment_cancelled(&mut tx, payment.id, Some(ending.state()), inventory.teller).await?
        }
    };
    tx.commit().await?;
    inventory.learn_own(reseller, &settled.changes);
    follow_up(inventory, provider, reseller, settled).await;
    Ok(())
}

/// Whether the tickets are still kept for a payment that the provider is deciding.
async fn still_waits(tx: &mut foundation::TenantTx, payment: &Payment, ending: Ending) -> Result<bool> {
    match ending {
        Ending::Cancel => Ok(true),
        Ending::Expire { slow } => {
            let order = orders::get(tx, payment.order).await?;
            Ok(tx.now().await? < order.pay_by.plus(slow))
        }
    }
}
