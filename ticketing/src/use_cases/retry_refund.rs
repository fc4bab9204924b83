//! Tries again to give money back that the provider could not give back: another refund of the same money. What the first one
//! made of tickets and stock stays as it is.

use accounting::LatePayment;
use foundation::{Code, Error, Money, Refusal, Result, TenantTx, event, id::RefundId};

use super::{
    refund::{REFUND_PATIENCE, fees_cut, not_disputed, posted},
    refund_amount,
    refund_parts::{credit_left, left_of, tax_back},
    settle::refund_event,
    tell_buyer,
};
use crate::{
    rules::{
        letter::ReturnReason,
        payment::{Refund, RefundState},
    },
    store::{orders, payments, refunds},
};

/// Accepts it in the caller's transaction; `refund::send` then asks the provider for it.
///
/// # Errors
/// `not_found`; `nothing_to_refund` if the refund has not failed, was tried again already, or all of the payment was
/// given back otherwise; `payment_disputed`.
pub async fn retry_refund(tx: &mut TenantTx, id: RefundId) -> Result<Refund> {
    let order = refunds::get(tx, id).await?.order;
    let order = orders::lock(tx, order).await?;
    let failed = refunds::get(tx, id).await?;
    if failed.state != RefundState::Failed {
        let detail = format!("This refund is {}; only one that has failed can be tried again.", failed.state.as_str());
        return Err(Refusal::new(Code::NothingToRefund, detail).into());
    }
    let of = failed.payment.ok_or_else(|| Error::Inconsistent(format!("{id} is of no payment")))?;
    let payment = payments::lock(tx, of).await?;
    not_disputed(tx, order.id).await?;
    let left = left_of(tx, &payment).await?;
    let credit = credit_left(tx, &order).await?;
    let amount = failed.amount.amount().min(left);
    let ticket_tax = match failed.ticket_tax {
        Some(tax) => tax_back(tx, &order, (amount, left + credit), Some((tax, failed.amount.amount()))).await?,
        None => None,
    };
    // Once fees went back with an amount they cannot be told ticket by ticket: the rest of them goes back by amount too.
    let items = if fees_cut(tx, &order).await? { Vec::new() } else { failed.items.clone() };
    let now = tx.now().await?;
    let refund = Refund {
        payment: failed.payment,
        items,
        policy: failed.policy,
        ticket_tax,
        retry_of: Some(failed.id),
        ..Refund::of(&order, Money::rounded(amount, order.currency), failed.reason, now)
    };
    refunds::insert(tx, &refund, REFUND_PATIENCE).await?;
    event::append(tx, &[refund_event("refund.created", &refund)]).await?;
    if !refund.items.is_empty() {
        accounting::post_refund(tx, &posted(&order, &refund)).await?;
    } else if let Some(reason) = ReturnReason::of_refund(&refund) {
        let (amount, currency) = (refund.amount.amount(), order.currency);
        let late = LatePayment { payment: payment.id, order: order.id, currency, amount };
        tell_buyer::payment_returned(tx, &order, &refund, reason).await?;
        accounting::post_late_refund(tx, refund.id, &late).await?;
    } else {
        let amount = {
            let before = order.total - left - credit;
            refund_amount::posted(tx, &order, &refund, before).await?
        };
        accounting::post_amount_refund(tx, &amount).await?;
    }
    Ok(refund)
}
