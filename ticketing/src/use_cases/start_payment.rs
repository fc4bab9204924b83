//! Creates the payment of an order at the provider, or gives the one that is open: the buyer may try it again until it is
//! paid or the deadline passes.
//!
//! Three steps, each named before it is taken: the payment is written and the tickets kept for as long as it is open; the
//! provider is asked under a key derived from order and attempt; its answer is written. A crash between them is taken up
//! by the next call, with the same key.

use foundation::{
    Code, Instant, Money, Refusal, Result, TenantTx,
    id::{OrderId, PaymentId, ResellerId},
};

use super::settle::tickets;
use crate::{
    inventory::Inventory,
    provider::{IntentState, Provider},
    rules::order::{Missing, Order, Payment, PaymentState},
    store::{
        claims::{self, Owner, Which},
        orders, payments, stock,
    },
};

/// Starts it, in transactions of its own.
///
/// # Errors
/// `not_found`, `order_locked`, `order_expired`, `order_not_payable` with what is missing; the provider's.
pub async fn start_payment(
    inventory: &Inventory,
    provider: &Provider,
    reseller: ResellerId,
    order: OrderId,
) -> Result<Payment> {
    let cell = inventory.cell();
    let mut tx = cell.tenant(reseller).await?;
    let (payment, changes) = prepare(&mut tx, inventory, order).await?;
    tx.commit().await?;
    inventory.learn_own(reseller, &changes);
    if payment.state != PaymentState::Creating {
        return Ok(payment);
    }
    let intent = provider.create_intent(reseller, order, payment.id, payment.attempt, payment.amount).await?;
    let mut tx = cell.tenant(reseller).await?;
    let payment = note_intent(&mut tx, payment.id, &intent).await?;
    tx.commit().await?;
    Ok(payment)
}

async fn prepare(tx: &mut TenantTx, inventory: &Inventory, id: OrderId) -> Result<(Payment, Vec<claims::Change>)> {
    let held = tickets(&orders::get(tx, id).await?);
    claims::lock(tx, &held).await?;
    let now = tx.now().await?;
    let order = orders::lock(tx, id).await?;
    order.open_at(now)?;
    ready(&order)?;
    let earlier = payments::of_order(tx, id).await?;
    if let Some(open) = earlier.iter().find(|p| !matches!(p.state, PaymentState::Succeeded | PaymentState::Cancelled)) {
        return Ok((open.clone(), Vec::new()));
    }
    let payment = Payment {
        id: PaymentId::new(),
        order: id,
        attempt: i16::try_from(earlier.len()).unwrap_or(i16::MAX).saturating_add(1),
        state: PaymentState::Creating,
        amount: Money::rounded(order.total, order.currency),
        provider_intent: None,
        client_secret: None,
        decline: None,
        created_at: now,
        version: 1,
    };
    payments::insert(tx, &payment).await?;
    // From here the buyer may pay at any moment: nobody may take the tickets over while that can happen.
    let owner = Owner::Order(id);
    let changes = claims::pass(tx, &held, owner, owner, Instant::NEVER, Which::Live(now)).await?;
    if changes.len() < held.len() {
        return Err(Refusal::new(Code::OrderExpired, "The order's tickets are no longer its own.").into());
    }
    stock::tell(tx, &changes, inventory.teller).await?;
    Ok((payment, changes))
}

fn ready(order: &Order) -> Result<(), Refusal> {
    let missing = order.missing();
    if missing.is_empty() {
        return Ok(());
    }
    let list: Vec<_> =
        missing.iter().map(|Missing { code, detail }| serde_json::json!({ "code": code, "detail": detail })).collect();
    let detail = format!("The order is not ready to be paid: {}", missing[0].detail);
    Err(Refusal::new(Code::OrderNotPayable, detail).with_alternatives(serde_json::json!({ "missing": list })))
}

/// Writes what the provider created. A callback may have been faster; then only what is still unknown is filled in.
///
/// # Errors
/// `not_found`; the database's.
pub(super) async fn note_intent(tx: &mut TenantTx, id: PaymentId, intent: &IntentState) -> Result<Payment> {
    let order = payments::get(tx, id).await?.order;
    orders::lock(tx, order).await?;
    let mut payment = payments::lock(tx, id).await?;
    payment.provider_intent = Some(intent.id.clone());
    payment.client_secret = payment.client_secret.or_else(|| intent.client_secret.clone());
    if payment.state == PaymentState::Creating {
        payment.state = PaymentState::RequiresPayment;
    }
    payments::save(tx, &mut payment).await?;
    Ok(payment)
}
