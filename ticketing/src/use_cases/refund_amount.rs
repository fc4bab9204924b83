//! Gives part of an order's money back, for no ticket in particular: the tickets stay good. Voiding and refunding are two acts.

use accounting::{AmountRefund, due_after};
use foundation::{
    Code, Error, Instant, Money, Refusal, Result, TenantTx, event,
    id::{OrderId, RefundId},
};
use rust_decimal::Decimal;

use super::{
    refund::{accepted, check_reason, not_disputed},
    refund_parts::{Giving, Left, give, left_of_order},
};
use crate::{
    rules::{
        credit::GivenAs,
        order::{Order, OrderItem, OrderState, RefundPolicy},
        payment::Refund,
    },
    store::{orders, refunds},
};

/// How much to give back, and why.
#[derive(Debug, Clone)]
pub struct NewAmountRefund {
    /// The order.
    pub order: OrderId,
    /// How much the buyer gets.
    pub amount: Money,
    /// As what, as far as it came by a payment.
    pub given_as: GivenAs,
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
    let left = left_of_order(tx, &order).await?;
    left.covers(new.amount)?;
    let giving = Giving {
        amount: new.amount.amount(),
        items: Vec::new(),
        reason: &new.reason,
        policy: order.refund_policy,
        given_as: new.given_as,
    };
    let now = tx.now().await?;
    give_amount(tx, &order, &left, &giving, now).await
}

/// Writes and posts the refunds of an amount of a locked order, of which so much is left. Gives the first one.
pub(super) async fn give_amount(
    tx: &mut TenantTx,
    order: &Order,
    left: &Left,
    giving: &Giving<'_>,
    now: Instant,
) -> Result<Refund> {
    let given = give(tx, order, left, giving, now).await?;
    let mut before = order.total - left.all();
    for refund in &given {
        let posted = posted(tx, order, refund, before).await?;
        event::append(tx, &[accepted(refund)]).await?;
        accounting::post_amount_refund(tx, &posted).await?;
        before += refund.amount.amount();
    }
    let first = given.into_iter().next();
    first.ok_or_else(|| Error::Inconsistent(format!("{} gives nothing back", order.id)))
}

/// The refund as accounting knows it. Where fees are returned, so much of them is that all parts together come to the whole fee
/// when all was given back, and never to more.
pub(super) async fn posted(tx: &mut TenantTx, order: &Order, refund: &Refund, before: Decimal) -> Result<AmountRefund> {
    let amount = refund.amount.amount();
    let mut posted = AmountRefund {
        refund: refund.id,
        order: order.id,
        currency: order.currency,
        amount,
        fee_returned: Decimal::ZERO,
        hosting_fee_returned: Decimal::ZERO,
        fee_tax_returned: Decimal::ZERO,
        ticket_tax: refund.ticket_tax.unwrap_or_default(),
        credit: refund.credit,
    };
    if order.refund_policy == RefundPolicy::FeesReturned {
        let ids: Vec<RefundId> = refunds::of_order(tx, order.id).await?.iter().map(|refund| refund.id).collect();
        let left = accounting::fees_left(tx, order.id, &ids).await?;
        let back = |whole: Decimal, left: Decimal| {
            let due = due_after(whole, before + amount, order.total, order.currency) - (whole - left);
            due.clamp(Decimal::ZERO, left.max(Decimal::ZERO))
        };
        let sum = |of: fn(&OrderItem) -> Decimal| order.items.iter().map(of).sum();
        posted.fee_returned = back(sum(|item| item.platform_fee), left.platform);
        posted.hosting_fee_returned = back(sum(|item| item.hosting_fee), left.hosting);
        posted.fee_tax_returned = back(sum(|item| item.platform_fee_tax + item.hosting_fee_tax), left.tax);
    }
    Ok(posted)
}
