//! Money that bought nothing: it is nobody's until it is sent back.

use foundation::{
    Currency,
    id::{OrderId, PaymentId, RefundId},
};
use rust_decimal::Decimal;

use super::{moved, positive};
use crate::rules::{
    about::About,
    account::Account,
    journal::{Journal, NotAJournal},
    source::Source,
};

/// A payment of an order that could not have it: it came too late, or a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatePayment {
    /// The payment.
    pub payment: PaymentId,
    /// The order that it was meant for.
    pub order: OrderId,
    /// Its currency.
    pub currency: Currency,
    /// How much came.
    pub amount: Decimal,
}

/// Money that came for an order that could not have it: nobody's until it is refunded.
///
/// # Errors
/// If the amount is not positive or too fine.
pub(crate) fn late_payment(late: &LatePayment) -> Result<Journal, NotAJournal> {
    let source = Source::LatePayment(late.payment);
    let lines = moved(Account::PspClearing, Account::Suspense, positive(&source, late.amount)?).to_vec();
    let about = About { payment_id: Some(late.payment), ..About::order(late.order) };
    Journal::new(source, late.currency, lines, about)
}

/// The refund of such a payment: nothing was sold, so it is nothing of the reseller's.
///
/// # Errors
/// If the amount is not positive or too fine.
pub(crate) fn late_refund(refund: RefundId, late: &LatePayment) -> Result<Journal, NotAJournal> {
    let source = Source::Refund(refund);
    let lines = moved(Account::Suspense, Account::RefundsPayable, positive(&source, late.amount)?).to_vec();
    let about = About { payment_id: Some(late.payment), ..About::refund(late.order, refund) };
    Journal::new(source, late.currency, lines, about)
}
