//! Changes who buys an order, until it is paid.

use foundation::{Result, TenantTx, event, id::OrderId, version::IfVersion};

use super::{settle::order_event, stale};
use crate::{
    rules::order::{Buyer, Order},
    store::orders,
};

/// Sets the buyer's data on the order of this version; what is not given stays.
///
/// # Errors
/// `not_found`, `if_match_stale`, `order_locked`, `order_expired`, `order_not_payable`.
pub async fn update_buyer(
    tx: &mut TenantTx,
    id: OrderId,
    version: impl Into<IfVersion>,
    buyer: Buyer,
) -> Result<Order> {
    let now = tx.now().await?;
    let mut order = orders::lock(tx, id).await?;
    if !version.into().admits(order.version) {
        return Err(stale().into());
    }
    order.open_at(now)?;
    let buyer = Buyer {
        name: buyer.name.or(order.buyer.name.take()),
        email: buyer.email.or(order.buyer.email.take()),
        language: buyer.language.or(order.buyer.language),
    };
    orders::set_buyer(tx, &mut order, buyer).await?;
    event::append(tx, &[order_event("order.updated", &order)]).await?;
    Ok(order)
}
