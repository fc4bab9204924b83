//! Applies a callback of the provider, once, whatever came before it.

use foundation::{Code, Error, Mode, Result, id::ResellerId};

use super::{refund, settle};
use crate::{
    inventory::Inventory,
    provider::{Callback, CallbackKind, Provider, Providers},
    store::{callbacks, payments},
};

/// Applies it in one transaction with the note that it came. What names no tenant of the cell is parked, never lost; and so is
/// what comes from the account of the other mode, because test money buys nothing live.
///
/// # Errors
/// The database's; the provider is then to send it again.
pub async fn apply_callback(
    inventory: &Inventory,
    providers: &Providers,
    mode: Mode,
    callback: &Callback,
) -> Result<()> {
    let cell = inventory.cell();
    let Some(reseller) = callback.reseller else {
        return callbacks::park(cell, &callback.event, &callback.kind_text, &callback.payload).await;
    };
    if cell.mode_of(reseller).await? != Some(mode) {
        tracing::error!(%reseller, event = callback.event, ?mode, "a callback names no tenant of its account and was parked");
        return callbacks::park(cell, &callback.event, &callback.kind_text, &callback.payload).await;
    }
    let mut tx = cell.tenant(reseller).await?;
    if !callbacks::first_time(&mut tx, &callback.event, &callback.kind_text, &callback.payload).await? {
        return Ok(());
    }
    let settled = match apply(&mut tx, inventory, callback).await {
        // It names something that is not ours: a person has to look; sending it again would not help.
        Err(Error::Refused(refusal)) if refusal.code == Code::NotFound => {
            tracing::error!(%refusal, event = callback.event, "a callback could not be applied and was parked");
            drop(tx);
            return callbacks::park(cell, &callback.event, &callback.kind_text, &callback.payload).await;
        }
        other => other?,
    };
    tx.commit().await?;
    inventory.learn_own(reseller, &settled.changes);
    follow_up(inventory, providers.of(mode), reseller, settled).await;
    Ok(())
}

/// Sends back what has to go back. A failure is taken up by the worker, which finds the refund pending.
pub(super) async fn follow_up(
    inventory: &Inventory,
    provider: &Provider,
    reseller: ResellerId,
    settled: settle::Settled,
) {
    if let Some(refund) = settled.refund
        && let Err(error) = refund::send(inventory, provider, reseller, refund).await
    {
        tracing::warn!(%error, %refund, "a refund has not reached the provider yet");
    }
}

async fn apply(tx: &mut foundation::TenantTx, inventory: &Inventory, callback: &Callback) -> Result<settle::Settled> {
    let nothing = settle::Settled::default();
    match (&callback.kind, callback.payment, callback.refund) {
        (CallbackKind::Succeeded, Some(payment), _) => {
            let charge = callback.charge.as_deref();
            settle::payment_succeeded(tx, payment, &callback.object, charge, callback.amount_received, inventory.teller)
                .await
        }
        (CallbackKind::Processing, Some(payment), _) => settle::payment_processing(tx, payment).await.map(|()| nothing),
        (CallbackKind::Declined(code, message), Some(payment), _) => {
            settle::payment_declined(tx, payment, code, message).await.map(|()| nothing)
        }
        (CallbackKind::Cancelled, Some(payment), _) => {
            settle::payment_cancelled(tx, payment, None, inventory.teller).await
        }
        (CallbackKind::Charge(transaction), Some(payment), _) => {
            payments::get(tx, payment).await?;
            payments::note_charge(tx, payment, &callback.object, transaction.as_deref()).await.map(|()| nothing)
        }
        (CallbackKind::Refund(status), _, Some(refund)) => {
            refund::settle_refund(tx, refund, &callback.object, status).await.map(|()| nothing)
        }
        _ => Ok(nothing),
    }
}
