//! Gives part of an order's money back, for no ticket in particular: the tickets stay good. Voiding and refunding are two acts.

use accounting::{AmountRefund, due_after};
use foundation::{
    Code, Money, Refusal, Result, TenantTx, event,
    id::{OrderId, RefundId},
};
use rust_decimal::Decimal;

use super::{
    refund::{REFUND_PATIENCE, check_reason, enough_left, not_disputed, payment_of_sale},
    settle::refund_event,
};
use crate::{
    rules::{
        order::{Order, OrderState, RefundPolicy},
        payment::{Refund, RefundState},
    },
    store::{orders, refunds},
};

/// How much to give back, and why.
#[derive(Debug, Clone)]
pub struct NewAmountRefund {
    /// The order.
    pub order: OrderId,
    /// What the buyer gets.
    pub amount: Money,
    /// In the reseller's words, for its own books.
    pub reason: String,
}

/// Accepts it in the caller's transaction: the money is owed to the buyer. `refund::send` then asks the provider for it.
///
/// # Errors
/// `not_found`, `order_not_paid`, `currency_mismatch`, `invalid_field`; `nothing_to_refund` if less than that is left of what was
/// paid, which is told, `payment_disputed`.
pub async fn accept_amount_refund(tx: &mut TenantTx, new: &NewAmountRefund) -> Result<Refund> {
    check_reason(&new.reason)?;
    let order = orders::lock(tx, new.order).await?;
    if order.state != OrderState::Paid {
        return Err(Refusal::new(Code::OrderNotPaid, "Only a paid order can be refunded.").into());
    }
    if new.amount.currency() != order.currency {
        let detail = format!("The order was paid in {}.", order.currency);
        return Err(Refusal::new(Code::CurrencyMismatch, detail).into());
    }
    if new.amount.amount() <= Decimal::ZERO {
        return Err(Refusal::field("/amount", "must be more than nothing").into());
    }
    not_disputed(tx, order.id).await?;
    let payment = payment_of_sale(tx, order.id).await?;
    let left = enough_left(tx, &payment, new.amount).await?;
    let refund = Refund {
        id: RefundId::new(),
        order: order.id,
        payment: payment.id,
        amount: new.amount,
        items: Vec::new(),
        reason: new.reason.clone(),
        policy: order.refund_policy,
        retry_of: None,
        state: RefundState::Pending,
        provider_refund: None,
        failure_reason: None,
        created_at: tx.now().await?,
        version: 1,
    };
    let posted = posted(tx, &order, &refund, order.total - left).await?;
    refunds::insert(tx, &refund, REFUND_PATIENCE).await?;
    event::append(tx, &[refund_event("refund.created", &refund)]).await?;
    accounting::post_amount_refund(tx, &posted).await?;
    Ok(refund)
}

/// The refund as accounting knows it. Where fees are returned, so much of them is that all parts together come to the whole fee
/// when all was given back, and never to more.
pub(super) async fn posted(tx: &mut TenantTx, order: &Order, refund: &Refund, before: Decimal) -> Result<AmountRefund> {
    let amount = refund.amount.amount();
    let (mut fee_returned, mut fee_tax_returned) = (Decimal::ZERO, Decimal::ZERO);
    if order.refund_policy == RefundPolicy::FeesReturned {
        let ids: Vec<RefundId> = refunds::of_order(tx, order.id).await?.iter().map(|refund| refund.id).collect();
        let (fee_left, tax_left) = accounting::fees_left(tx, order.id, &ids).await?;
        let back = |whole: Decimal, left: Decimal| {
            let due = due_after(whole, before + amount, order.total, order.currency) - (whole - left);
            due.clamp(Decimal::ZERO, left)
        };
        fee_returned = back(order.items.iter().map(|item| item.platform_fee).sum(), fee_left);
        fee_tax_returned = back(order.items.iter().map(|item| item.platform_fee_tax).sum(), tax_left);
    }
    let (refund, order, currency) = (refund.id, order.id, order.currency);
    Ok(AmountRefund { refund, order, currency, amount, fee_returned, fee_tax_returned })
}
