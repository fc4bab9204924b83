//! Which journal each case makes. Pure: what has happened comes in, the journal comes out; none where no money moves.

use foundation::{
    Currency,
    id::{OrderId, PaymentId, RefundId},
};
use rust_decimal::Decimal;

use super::{
    about::{About, AboutItem, SoldItem},
    account::Account,
    journal::{Journal, Line, NotAJournal},
    source::Source,
};

/// An order that was paid, as frozen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// The order.
    pub order: OrderId,
    /// Its currency.
    pub currency: Currency,
    /// What the buyer paid: face values and the fees passed on.
    pub total: Decimal,
    /// Its tickets, free ones included.
    pub items: Vec<SoldItem>,
}

/// Whole tickets given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// The refund.
    pub refund: RefundId,
    /// The order that the tickets were sold with.
    pub order: OrderId,
    /// The order's currency.
    pub currency: Currency,
    /// The tickets, with the amounts of the sale.
    pub items: Vec<SoldItem>,
    /// What the buyer gets: what was paid for these tickets or, if fees are kept, their face values; less, if some of that was given
    /// back before.
    pub amount: Decimal,
    /// Whether the platform gives its fees of these tickets back to the reseller. The fees passed on then go back to the
    /// buyer, so that nobody keeps them.
    pub fees_returned: bool,
}

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

/// The sale of an order; none if all its tickets were free.
///
/// # Errors
/// If the total is not what the items come to, or an amount is negative or too fine.
pub(crate) fn sale(sale: &Sale) -> Result<Option<Journal>, NotAJournal> {
    let source = Source::Sale(sale.order);
    refuse_negative(&source, &sale.items)?;
    if sale.total != sum(&sale.items, SoldItem::total) {
        return Err(NotAJournal::Contradiction(source, "the total is not the sum of the items"));
    }
    if sale.total.is_zero() {
        return Ok(None);
    }
    let mut lines = moved(Account::PspClearing, Account::ResellerPending, sale.total).to_vec();
    lines.extend(fees(&sale.items));
    let items = sale.items.iter().map(|item| AboutItem {
        sold: item.written_in(sale.currency),
        refunded: Decimal::ZERO,
        fee_returned: Decimal::ZERO,
        fee_tax_returned: Decimal::ZERO,
    });
    let about = About { items: items.collect(), ..About::order(sale.order) };
    Journal::new(source, sale.currency, lines, about).map(Some)
}

/// The provider's fee for an order's payment, borne by the reseller; none if it was nothing.
///
/// # Errors
/// If the provider's name for it is unusable or the fee is too fine.
pub(crate) fn provider_fee(
    order: OrderId,
    provider_transaction: &str,
    fee: Decimal,
    currency: Currency,
) -> Result<Option<Journal>, NotAJournal> {
    let source = Source::ProviderFee(provider_transaction.to_owned());
    let usable =
        matches!(provider_transaction.len(), 1..=255) && provider_transaction.bytes().all(|b| b.is_ascii_graphic());
    if !usable {
        return Err(NotAJournal::Contradiction(source, "the provider's transaction has no usable name"));
    }
    if fee.is_zero() {
        return Ok(None);
    }
    // A fee that the provider gives back is negative and posts the other way round.
    let lines = moved(Account::ResellerPending, Account::PspClearing, fee).to_vec();
    Journal::new(source, currency, lines, About::order(order)).map(Some)
}

/// A refund as it is accepted: owed to the buyer, not yet confirmed by the provider. None if the tickets were free.
///
/// # Errors
/// If the amount is more than the tickets have cost, or an amount is negative or too fine.
pub(crate) fn refund(refund: &Refund) -> Result<Option<Journal>, NotAJournal> {
    let source = Source::Refund(refund.refund);
    refuse_negative(&source, &refund.items)?;
    let paid: Vec<Decimal> = refund.items.iter().map(SoldItem::total).collect();
    let faces: Vec<Decimal> = refund.items.iter().map(|item| item.face_value).collect();
    let whole = refund.fees_returned || refund.amount > faces.iter().sum();
    let Some(shares) = split(refund.amount, if whole { &paid } else { &faces }, refund.currency) else {
        return Err(NotAJournal::Contradiction(source, "the amount is more than the refunded tickets have cost"));
    };
    if refund.amount.is_zero() {
        return Ok(None);
    }
    let mut lines = moved(Account::ResellerPending, Account::RefundsPayable, refund.amount).to_vec();
    if refund.fees_returned {
        lines.extend(fees(&refund.items).map(|line| Line { amount: -line.amount, ..line }));
    }
    let returned = |fee| {
        if refund.fees_returned { fee } else { Decimal::ZERO }
    };
    let written = refund.items.iter().map(|item| item.written_in(refund.currency));
    let items = written.zip(shares).map(|(item, share)| AboutItem {
        refunded: share,
        fee_returned: returned(item.platform_fee),
        fee_tax_returned: returned(item.platform_fee_tax),
        sold: item,
    });
    let about = About { items: items.collect(), ..About::refund(refund.order, refund.refund) };
    Journal::new(source, refund.currency, lines, about).map(Some)
}

/// A refund of an amount, of no ticket in particular: somebody made it at the provider. Owed to the buyer by the reseller; all
/// fees stay as they were.
///
/// # Errors
/// If the amount is not positive or too fine.
pub(crate) fn amount_refund(
    refund: RefundId,
    order: OrderId,
    amount: Decimal,
    currency: Currency,
) -> Result<Journal, NotAJournal> {
    let source = Source::Refund(refund);
    let lines = moved(Account::ResellerPending, Account::RefundsPayable, positive(&source, amount)?).to_vec();
    Journal::new(source, currency, lines, About::refund(order, refund))
}

/// The provider has confirmed that the buyer gets the money of a refund.
///
/// # Errors
/// If the amount is not positive or too fine.
pub(crate) fn refund_paid(
    refund: RefundId,
    order: OrderId,
    amount: Decimal,
    currency: Currency,
) -> Result<Journal, NotAJournal> {
    let source = Source::RefundPaid(refund);
    let lines = moved(Account::RefundsPayable, Account::PspClearing, positive(&source, amount)?).to_vec();
    Journal::new(source, currency, lines, About::refund(order, refund))
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

/// Splits an amount over prices by their size: each gets its share rounded down to the currency's smallest unit, and what is left over
/// goes to the largest remainders, of equal ones to the first. None if the amount is more than the prices come to.
fn split(amount: Decimal, prices: &[Decimal], currency: Currency) -> Option<Vec<Decimal>> {
    let total: Decimal = prices.iter().sum();
    if amount > total || amount.is_sign_negative() {
        return None;
    }
    if total.is_zero() {
        return Some(vec![Decimal::ZERO; prices.len()]);
    }
    let exponent = currency.exponent();
    let exact: Vec<Decimal> = prices.iter().map(|price| amount * price / total).collect();
    let mut shares: Vec<Decimal> = exact.iter().map(|share| share.trunc_with_scale(exponent)).collect();
    let mut order: Vec<usize> = (0..prices.len()).collect();
    let remainder = |i: &usize| exact.get(*i).zip(shares.get(*i)).map(|(exact, share)| exact - share);
    order.sort_by_key(|i| std::cmp::Reverse(remainder(i)));
    let unit = Decimal::new(1, exponent);
    let mut over = amount - shares.iter().sum::<Decimal>();
    for i in order {
        if over < unit {
            break;
        }
        if let Some(share) = shares.get_mut(i) {
            *share += unit;
            over -= unit;
        }
    }
    Some(shares)
}

/// An amount moved from one account to another.
fn moved(debit: Account, credit: Account, amount: Decimal) -> [Line; 2] {
    [Line { account: debit, amount }, Line { account: credit, amount: -amount }]
}

/// The platform's fees and the tax on them, charged to the reseller.
fn fees(items: &[SoldItem]) -> impl Iterator<Item = Line> {
    let fee = moved(Account::ResellerPending, Account::RevPlatformFee, sum(items, |item| item.platform_fee));
    let tax = moved(Account::ResellerPending, Account::TaxPlatformVat, sum(items, |item| item.platform_fee_tax));
    fee.into_iter().chain(tax)
}

fn sum(items: &[SoldItem], amount_of: impl Fn(&SoldItem) -> Decimal) -> Decimal {
    items.iter().map(amount_of).sum()
}

fn refuse_negative(source: &Source, items: &[SoldItem]) -> Result<(), NotAJournal> {
    if items.iter().flat_map(SoldItem::amounts).any(|amount| amount.is_sign_negative() && !amount.is_zero()) {
        return Err(NotAJournal::Contradiction(source.clone(), "an item has a negative amount"));
    }
    Ok(())
}

fn positive(source: &Source, amount: Decimal) -> Result<Decimal, NotAJournal> {
    if amount <= Decimal::ZERO {
        return Err(NotAJournal::Contradiction(source.clone(), "the amount is not positive"));
    }
    Ok(amount)
}

#[cfg(test)]
#[path = "postings_tests.rs"]
mod tests;
