//! Applies a callback of the provider, once, whatever came before it.

use foundation::{
    Cell, Code, Error, Mode, Result, TenantTx,
    id::{PaymentId, ResellerId},
};

use super::{
    ask_payment::ask_payment,
    note_dispute, note_fraud_warning, refund,
    sell::{Paid, payment_succeeded},
    send_payout, settle,
};
use crate::{
    inventory::Inventory,
    provider::{Callback, Kind, Provider, Providers},
    rules::payment::PaymentState,
    store::{callbacks, payments},
};

/// Applies it in one transaction with the note that it came. What names no tenant of the cell is parked, never lost; and so is
/// what comes from the account of the other mode, because test money buys nothing live.
///
/// # Errors
/// The database's, and the provider's where it has to be asked; the callback is then to be sent again.
pub async fn apply_callback(
    inventory: &Inventory,
    providers: &Providers,
    mode: Mode,
    callback: &Callback,
) -> Result<()> {
    let cell = inventory.cell();
    let park = || callbacks::park(cell, &callback.event, &callback.kind_text, &callback.payload);
    if callback.kind == Kind::Other {
        return Ok(());
    }
    let Some((reseller, payment)) = whose(inventory, providers.of(mode), callback).await? else { return park().await };
    if cell.mode_of(reseller).await? != Some(mode) {
        tracing::error!(%reseller, event = callback.event, ?mode, "a callback names no tenant of its account and was parked");
        return park().await;
    }
    match apply(inventory, providers.of(mode), reseller, payment, callback).await {
        // It names something that is not ours: a person has to look; sending it again would not help.
        Err(Error::Refused(refusal)) if refusal.code == Code::NotFound => {
            tracing::error!(%refusal, event = callback.event, "a callback could not be applied and was parked");
            park().await
        }
        other => other,
    }
}

/// Whose it is, and of which payment: by the ids that travelled with the object or, where the provider made the object itself, by
/// its payment, which the provider is asked for if we have not heard of it yet.
async fn whose(
    inventory: &Inventory,
    provider: &Provider,
    callback: &Callback,
) -> Result<Option<(ResellerId, Option<PaymentId>)>> {
    let intent = match (callback.reseller, &callback.intent) {
        (Some(reseller), _) => return Ok(Some((reseller, callback.payment))),
        (None, Some(intent)) => intent,
        (None, None) => return Ok(None),
    };
    match payments::owner_of_intent(inventory.cell(), intent).await? {
        Some((reseller, payment)) => Ok(Some((reseller, Some(payment)))),
        None => Ok(provider.whose(intent).await?.map(|(reseller, payment)| (reseller, Some(payment)))),
    }
}

async fn apply(
    inventory: &Inventory,
    provider: &Provider,
    reseller: ResellerId,
    payment: Option<PaymentId>,
    callback: &Callback,
) -> Result<()> {
    let cell = inventory.cell();
    if asks(cell, reseller, payment, callback).await? {
        let payment = payment.ok_or_else(|| foundation::Refusal::missing("payment"))?;
        ask_payment(inventory, provider, reseller, payment).await?;
    }
    let mut tx = cell.tenant(reseller).await?;
    if !callbacks::first_time(&mut tx, &callback.event, &callback.kind_text, &callback.payload).await? {
        return Ok(());
    }
    let settled = settle_callback(&mut tx, inventory, callback).await?;
    tx.commit().await?;
    inventory.learn_own(reseller, &settled.changes);
    follow_up(inventory, provider, reseller, settled).await;
    Ok(())
}

/// Whether the provider is to be asked for the payment first; no transaction is open meanwhile.
async fn asks(cell: &Cell, reseller: ResellerId, payment: Option<PaymentId>, callback: &Callback) -> Result<bool> {
    let mut tx = cell.tenant(reseller).await?;
    match (&callback.kind, payment) {
        // What it says may be old by now.
        (Kind::Moved, _) => callbacks::is_new(&mut tx, &callback.event).await,
        // We may never have heard that it was made.
        (Kind::Created, Some(payment)) => {
            let state = payments::get(&mut tx, payment).await?.state;
            Ok(matches!(state, PaymentState::Cancelling | PaymentState::Cancelled))
        }
        // It presupposes that the payment has succeeded, and that has not been heard yet.
        (Kind::Refund(_) | Kind::Dispute(_) | Kind::FraudWarning(_), Some(payment)) => {
            Ok(payments::get(&mut tx, payment).await?.state != PaymentState::Succeeded)
        }
        _ => Ok(false),
    }
}

async fn settle_callback(tx: &mut TenantTx, inventory: &Inventory, callback: &Callback) -> Result<settle::Settled> {
    let nothing = settle::Settled::default();
    match (&callback.kind, callback.payment) {
        (Kind::Succeeded { charge, received }, Some(payment)) => {
            let (intent, charge) = (callback.intent.clone(), charge.clone());
            payment_succeeded(tx, &Paid { payment, intent, charge, received: *received }, inventory.teller).await
        }
        (Kind::Cancelled, Some(payment)) => settle::payment_cancelled(tx, payment, None, inventory.teller).await,
        (Kind::Charge(transaction), Some(payment)) => {
            payments::get(tx, payment).await?;
            payments::note_charge(tx, payment, &callback.object, transaction.as_deref()).await.map(|()| nothing)
        }
        (Kind::Refund(word), _) => match (callback.refund, callback.intent.as_deref()) {
            (Some(refund), _) => {
                refund::settle_refund(tx, refund, Some(&callback.object), word).await.map(|()| nothing)
            }
            (None, intent) => {
                let changes = refund::note_refund(tx, inventory, intent, &callback.object, word).await?;
                Ok(settle::Settled { changes, refund: None })
            }
        },
        (Kind::Dispute(word), _) => {
            note_dispute::note_dispute(tx, callback.intent.as_deref(), &callback.object, word).await.map(|()| nothing)
        }
        (Kind::FraudWarning(word), _) => {
            let intent = callback.intent.as_deref();
            note_fraud_warning::note_fraud_warning(tx, intent, &callback.object, word).await.map(|()| nothing)
        }
        (Kind::Bank(word), _) => {
            let payout = callback.payout.ok_or_else(|| foundation::Refusal::missing("payout"))?;
            send_payout::note_bank(tx, payout, &callback.object, word).await.map(|()| nothing)
        }
        _ => Ok(nothing),
    }
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
