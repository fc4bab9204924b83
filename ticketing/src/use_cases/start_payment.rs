//! Creates the payment of an order at the provider, or gives the one that is open: the buyer may try it again until it is
//! paid or the deadline passes.
//!
//! Each step is named before it is taken: the payment is written and the tickets kept for as long as it is open; the provider is
//! asked under a key derived from order and attempt; its answer is written, and where it is confirmed from the server the order is locked
//! with it, before that is asked. A crash between them is taken up by the next call, or by the worker.

use std::time::Duration;

use foundation::{
    Code, Error, Instant, Money, Refusal, Result, TenantTx,
    id::{OrderId, PaymentId, ResellerId},
};

use super::{
    ask_payment::{self, ask_payment},
    lock_for_confirmation::Confirmation,
    settle,
};
use crate::{
    inventory::Inventory,
    provider::{IntentState, Provider, ProviderError, unanswered},
    rules::{
        letter::PerformanceTold,
        order::{Missing, Order, under_way},
        payment::{Method, Payment, PaymentState, ProviderId, Way, WebAddress},
        performance::may_finish,
    },
    store::{
        claims::{self, Owner, Which},
        letters, orders, payments, performances, stock,
    },
    together::take,
};

/// A payment that a request is busy with is the request's; a worker asks for it only after this time.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Starts it, in transactions of its own.
///
/// # Errors
/// `not_found`, `order_locked`, `order_expired`, `not_on_sale` where sales were stopped for good, `order_not_payable` with what is missing; the provider's.
pub async fn start_payment(
    inventory: &Inventory,
    provider: &Provider,
    reseller: ResellerId,
    order: OrderId,
    way: &Way,
) -> Result<Payment> {
    let payment = open_payment(inventory, reseller, order, way).await?;
    if way.fits(&payment) {
        return pay(inventory, provider, reseller, payment, way).await;
    }
    call_off(inventory, provider, reseller, payment).await.map_err(|error| naming(error, order))?;
    let payment = open_payment(inventory, reseller, order, way).await?;
    pay(inventory, provider, reseller, payment, way).await
}

/// The buyer pays in another way now, or comes back to another place. Only when the old payment can no longer succeed is there a new one.
async fn call_off(inventory: &Inventory, provider: &Provider, reseller: ResellerId, payment: Payment) -> Result<()> {
    let old = known(inventory, provider, reseller, payment).await?;
    let said = provider.cancel(&old).await?;
    replaced(inventory, provider, reseller, &old, said).await
}

/// What went wrong, naming the order: it stands, and can be paid by another call.
pub(super) fn naming(error: Error, order: OrderId) -> Error {
    let mut refusal = match error {
        Error::Refused(refusal) => refusal,
        Error::Provider(cause) => {
            tracing::error!(cause, %order, "a payment could not be made at the provider");
            Box::new(unanswered())
        }
        other => return other,
    };
    let told = refusal.alternatives.get_or_insert_with(|| serde_json::json!({}));
    if let Some(told) = told.as_object_mut() {
        told.insert("order_id".to_owned(), serde_json::json!(order));
    }
    Error::Refused(refusal)
}

/// Pays with an order's open payment, which the provider may not know yet.
///
/// # Errors
/// As [`start_payment`].
pub(super) async fn pay(
    inventory: &Inventory,
    provider: &Provider,
    reseller: ResellerId,
    payment: Payment,
    way: &Way,
) -> Result<Payment> {
    let order = payment.order;
    let paid = match way {
        Way::Confirm { payment_method, return_url } => {
            confirm(inventory, provider, reseller, payment, payment_method, return_url).await
        }
        Way::ClientSecret | Way::Page { .. } => known(inventory, provider, reseller, payment)
            .await
            .and_then(|payment| not_called_off(payment.state).map(|()| payment).map_err(Error::from)),
    };
    paid.map_err(|error| naming(error, order))
}

/// Takes up a start that was lost in the middle. The order may have been paid since: the caller gets the answer that got lost.
///
/// # Errors
/// As [`start_payment`].
pub async fn take_up_payment(
    inventory: &Inventory,
    provider: &Provider,
    reseller: ResellerId,
    order: OrderId,
    way: &Way,
) -> Result<Payment> {
    let earlier = payments::of_order(&mut inventory.cell().tenant(reseller).await?, order).await?;
    match earlier.into_iter().find(|payment| payment.state == PaymentState::Succeeded) {
        Some(paid) => Ok(paid),
        None => start_payment(inventory, provider, reseller, order, way).await,
    }
}

/// The order's open payment; a new one, if there is none.
async fn open_payment(inventory: &Inventory, reseller: ResellerId, order: OrderId, way: &Way) -> Result<Payment> {
    let mut tx = inventory.cell().tenant(reseller).await?;
    let (payment, changes) = prepare(&mut tx, inventory, order, way).await?;
    tx.commit().await?;
    inventory.learn_own(reseller, &changes);
    Ok(payment)
}

/// The payment once the provider knows it, and that is written.
async fn known(inventory: &Inventory, provider: &Provider, reseller: ResellerId, payment: Payment) -> Result<Payment> {
    if payment.state != PaymentState::Creating {
        return Ok(payment);
    }
    let said = create(inventory, provider, reseller, &payment).await?;
    match ask_payment::apply(inventory, provider, reseller, &payment, &said).await? {
        Some(payment) => Ok(payment),
        // A callback was faster, and knows as much.
        None => ask_payment(inventory, provider, reseller, payment.id).await,
    }
}

/// Has the provider make the payment.
async fn create(
    inventory: &Inventory,
    provider: &Provider,
    reseller: ResellerId,
    payment: &Payment,
) -> Result<IntentState> {
    let said = match payment.method {
        Method::ClientSecret | Method::Confirm => provider.create_intent(reseller, payment).await,
        Method::Page => {
            let mut tx = inventory.cell().snapshot(reseller).await?;
            let order = orders::get(&mut tx, payment.order).await?;
            let performances = letters::of_orders(&mut tx, &[&order]).await?;
            drop(tx);
            let performances = PerformanceTold::of_order(&performances, &order);
            provider.create_session(reseller, &order, payment, &performances).await
        }
    };
    match said {
        Ok(said) => Ok(said),
        // The provider keeps that answer for the key, and asking again does not help: the order is payable in another way or by another
        // payment. Should it have made the payment all the same, nobody has its secret, and it is cancelled when its event comes.
        Err(failed @ (ProviderError::Failed(_) | ProviderError::Refused { .. })) => {
            let mut tx = inventory.cell().tenant(reseller).await?;
            settle::payment_cancelled(&mut tx, payment.id, None, inventory.teller).await?;
            tx.commit().await?;
            Err(failed.into())
        }
        Err(error) => Err(error.into()),
    }
}

fn not_called_off(state: PaymentState) -> Result<(), Refusal> {
    if matches!(state, PaymentState::Cancelling | PaymentState::Cancelled) { Err(called_off()) } else { Ok(()) }
}

/// The refusal of a payment that somebody called off while it was being made.
pub(super) fn called_off() -> Refusal {
    Refusal::new(Code::OrderNotPayable, "The order was called off while its payment was made.")
}

async fn prepare(
    tx: &mut TenantTx,
    inventory: &Inventory,
    id: OrderId,
    way: &Way,
) -> Result<(Payment, Vec<claims::Change>)> {
    let held = orders::tickets(tx, &[id]).await?;
    claims::lock(tx, &held, Owner::Order(id)).await?;
    let now = tx.now().await?;
    let order = orders::lock(tx, id).await?;
    order.open_at(now)?;
    ready(&order)?;
    let performances: Vec<_> = held.iter().map(|held| held.performance).collect();
    may_finish(order.created_at, performances::checkouts_ended_at(tx, &performances).await?)?;
    let earlier = payments::of_order(tx, id).await?;
    let attempt = i16::try_from(earlier.len()).unwrap_or(i16::MAX).saturating_add(1);
    if let Some(mut open) = earlier.into_iter().find(|payment| payment.state.is_open()) {
        if way.fits(&open) && open.method != way.method() {
            open.method = way.method();
            let from = open.state;
            payments::save(tx, &mut open, from).await?;
        }
        return Ok((open, Vec::new()));
    }
    let payment = new_payment(&order, way, attempt, now);
    payments::insert(tx, &[&payment], PATIENCE).await?;
    // From here the buyer may pay at any moment: nobody may take the tickets over while that can happen.
    let owner = Owner::Order(id);
    let changes = claims::pass(tx, &held, owner, owner, Instant::NEVER, Which::Live(now)).await?;
    if changes.len() < held.len() {
        return Err(Refusal::new(Code::OrderExpired, "The order's tickets are no longer its own.").into());
    }
    stock::tell(tx, &changes, inventory.teller).await?;
    Ok((payment, changes))
}

/// A payment of what an order has still to pay, which the provider is about to be asked for.
pub(super) fn new_payment(order: &Order, way: &Way, attempt: i16, now: Instant) -> Payment {
    Payment {
        id: PaymentId::new(),
        order: order.id,
        attempt,
        state: PaymentState::Creating,
        method: way.method(),
        amount: Money::rounded(order.by_payment(), order.currency),
        received: None,
        provider_intent: None,
        provider_session: None,
        client_secret: None,
        page_url: None,
        return_url: way.page_return_url().cloned(),
        action_url: None,
        decline: None,
        created_at: now,
        version: 1,
    }
}

pub(super) fn ready(order: &Order) -> Result<(), Refusal> {
    let missing = order.missing(None);
    if missing.is_empty() {
        return Ok(());
    }
    let told = |Missing { code, detail, question }: &Missing| match question {
        Some(question) => serde_json::json!({ "code": code, "detail": detail, "question_id": question }),
        None => serde_json::json!({ "code": code, "detail": detail }),
    };
    let list: Vec<_> = missing.iter().map(told).collect();
    let details: Vec<&str> = missing.iter().map(|missing| missing.detail.as_str()).collect();
    let detail = format!("The order is not ready to be paid: {}", details.join(" "));
    Err(Refusal::new(Code::OrderNotPayable, detail).with_alternatives(serde_json::json!({ "missing": list })))
}

/// Writes what became of a payment whose place another one takes.
async fn replaced(
    inventory: &Inventory,
    provider: &Provider,
    reseller: ResellerId,
    payment: &Payment,
    said: Option<IntentState>,
) -> Result<()> {
    let now = match said {
        Some(said) => ask_payment::apply(inventory, provider, reseller, payment, &said).await?,
        // It never got to the provider, so nobody can pay it.
        None => {
            let mut tx = inventory.cell().tenant(reseller).await?;
            settle::payment_cancelled(&mut tx, payment.id, None, inventory.teller).await?;
            let now = payments::get(&mut tx, payment.id).await?;
            tx.commit().await?;
            Some(now)
        }
    };
    match now {
        Some(now) if now.state == PaymentState::Cancelled => Ok(()),
        _ => Err(under_way().into()),
    }
}

/// Confirms the payment from the server. The order is locked until the provider has answered.
async fn confirm(
    inventory: &Inventory,
    provider: &Provider,
    reseller: ResellerId,
    payment: Payment,
    payment_method: &ProviderId,
    return_url: &WebAddress,
) -> Result<Payment> {
    let asked = locked(inventory, provider, reseller, payment).await?;
    let intent = asked.provider_intent.as_deref().ok_or_else(called_off)?;
    let said = match provider.confirm(intent, payment_method, return_url).await {
        Ok(said) => said,
        // Nothing was tried, so the order is as it was before; if even that is not answered, the worker asks later.
        Err(error @ ProviderError::Refused { .. }) => {
            ask_payment(inventory, provider, reseller, asked.id).await?;
            return Err(error.into());
        }
        Err(error) => return Err(error.into()),
    };
    match ask_payment::apply(inventory, provider, reseller, &asked, &said).await? {
        Some(payment) => Ok(payment),
        None => ask_payment(inventory, provider, reseller, asked.id).await,
    }
}

/// The payment, known to the provider, while its order is locked for its confirmation.
async fn locked(inventory: &Inventory, provider: &Provider, reseller: ResellerId, payment: Payment) -> Result<Payment> {
    not_called_off(payment.state)?;
    let made = match payment.state {
        PaymentState::Creating => Some(create(inventory, provider, reseller, &payment).await?),
        _ => None,
    };
    let locked = take(inventory, reseller, Confirmation { payment: payment.id, made: made.clone() }).await;
    if let Err(Error::Refused(refusal)) = &locked {
        // It was called off, or a callback was faster: what the provider has made is noted all the same, and cancelled if nobody wants it.
        if let Some(said) = &made {
            ask_payment::apply(inventory, provider, reseller, &payment, said).await?;
        }
        if refusal.code == Code::OutcomeUnknown {
            // Should the order be locked, nobody confirms the payment: it is payable again at once.
            ask_payment(inventory, provider, reseller, payment.id).await?;
        }
    }
    locked
}
