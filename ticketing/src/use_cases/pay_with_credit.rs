//! Pays an order with credit, in part or whole. What the order takes is kept for it until it is paid; an order that ends unpaid gives
//! it back. An order that needs nothing more is sold at once.

use foundation::{Code, Instant, Refusal, Result, TenantTx, event, id::OrderId};

use super::{
    create_order::Made,
    sell::sell,
    settle::{order_event, tickets},
    start_payment::ready,
};
use crate::{
    inventory::Inventory,
    rules::{credit::CreditCode, order::under_way, performance::may_finish},
    store::{
        claims::{self, Change, Owner, Which},
        credits, orders, payments, performances, stock,
    },
};

/// Takes as much of the credit as the order needs.
///
/// # Errors
/// `not_found`, `order_expired`, `order_locked` while a payment of it is open, `order_not_payable`, `not_on_sale` where sales were
/// stopped for good, `currency_mismatch`; `code_invalid` for a code that is none or past its time, `code_used`.
pub async fn pay_with_credit(tx: &mut TenantTx, inventory: &Inventory, id: OrderId, code: &CreditCode) -> Result<Made> {
    let held = tickets(&orders::get(tx, id).await?);
    claims::lock(tx, &held, Owner::Order(id)).await?;
    let now = tx.now().await?;
    let mut order = orders::lock(tx, id).await?;
    order.open_at(now)?;
    ready(&order)?;
    let performances: Vec<_> = held.iter().map(|held| held.performance).collect();
    may_finish(order.created_at, performances::checkouts_ended_at(tx, &performances).await?)?;
    if payments::of_order(tx, id).await?.iter().any(|payment| payment.state.is_open()) {
        return Err(under_way().into());
    }
    let none = || Refusal::new(Code::CodeInvalid, "There is no such credit.");
    let credit = credits::lock_by_code(tx, code).await?.ok_or_else(none)?;
    let amount = credit.taken_for(order.due(), order.currency, now)?;
    credits::keep(tx, credit.id, id, amount).await?;
    let by_credit = order.by_credit + amount;
    orders::set_by_credit(tx, &mut order, by_credit).await?;
    if !order.due().is_zero() {
        event::append(tx, &[order_event("order.updated", &order)]).await?;
        return Ok(Made { order, payment: None, changes: Vec::new() });
    }
    let owner = Owner::Order(id);
    let changes = claims::pass(tx, &held, owner, owner, Instant::NEVER, Which::Live(now)).await?;
    if changes.len() < held.len() {
        return Err(Refusal::new(Code::OrderExpired, "The order's tickets are no longer its own.").into());
    }
    let changes: Vec<Change> = changes.into_iter().map(Change::sold).collect();
    stock::tell(tx, &changes, inventory.teller).await?;
    sell(tx, &mut [&mut order], now).await?;
    Ok(Made { order, payment: None, changes })
}
