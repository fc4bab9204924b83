//! Changes who buys an order, until it is paid. With another e-mail address its tickets count for another buyer.

use foundation::{Instant, Result, TenantTx, event, id::OrderId, version::IfVersion};

use super::{
    settle::{order_event, tickets},
    stale,
};
use crate::{
    rules::{
        limit::Subject,
        order::{Buyer, Order},
    },
    store::{
        claims::{self, Owner},
        orders,
        slots::{self, Starts},
        terms,
    },
};

/// Sets the buyer's data on the order of this version; what is not given stays. Where nothing changes, nothing is written.
///
/// # Errors
/// `not_found`, `if_match_stale`, `order_locked`, `order_expired`, `order_not_payable`, `buyer_limit`.
pub async fn update_buyer(
    tx: &mut TenantTx,
    id: OrderId,
    version: impl Into<IfVersion>,
    buyer: Buyer,
) -> Result<Order> {
    let now = tx.now().await?;
    // Slots and claims come before the order in the order of locks; whether it may be changed is asked once it is locked.
    let before = orders::get(tx, id).await?;
    let version = version.into();
    if !version.admits(before.version) {
        return Err(stale().into());
    }
    before.open_at(now)?;
    count_for_another(tx, &before, buyer.email.as_deref(), now).await?;
    let mut order = orders::lock(tx, id).await?;
    // Another address meanwhile would have been counted for in vain.
    if !version.admits(order.version) || order.buyer.email != before.buyer.email {
        return Err(stale().into());
    }
    order.open_at(now)?;
    let buyer = Buyer {
        name: buyer.name.or_else(|| order.buyer.name.clone()),
        email: buyer.email.or_else(|| order.buyer.email.clone()),
        language: buyer.language.or(order.buyer.language),
    };
    if buyer == order.buyer {
        return Ok(order);
    }
    orders::set_buyer(tx, &mut order, buyer).await?;
    event::append(tx, &[order_event("order.updated", &order)]).await?;
    Ok(order)
}

/// Counts the order's tickets for the buyer with this address, and no longer for the one before.
async fn count_for_another(tx: &mut TenantTx, order: &Order, email: Option<&str>, now: Instant) -> Result<()> {
    let subject = |tx: &TenantTx, email: &str| Subject::email(tx.sealer(), tx.reseller(), email);
    let Some(to) = email.map(|email| subject(tx, email)) else { return Ok(()) };
    let from = order.buyer.email.as_deref().map(|email| subject(tx, email));
    if from == Some(to) {
        return Ok(());
    }
    let held = tickets(order);
    let limited = terms::of_buyers(tx, &held).await?.limits_of_buyer(&held, to);
    // A buyer's own slots are looked for from the first; nobody's place matters.
    slots::reserve(tx, &Starts::new(0), Owner::Order(order.id), &limited, (now, order.pay_by)).await?;
    claims::lock(tx, &held, Owner::Order(order.id)).await?;
    // A payment that has begun since the order was read keeps the tickets for longer.
    Ok(slots::follow(tx, order.id, &held, from).await?)
}
