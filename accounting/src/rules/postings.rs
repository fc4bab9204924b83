//! Which journal each case makes. Pure: what has happened comes in, the journal comes out; none where no money moves.

use foundation::{Currency, id::OrderId};
use rust_decimal::Decimal;

use super::{
    about::{About, AboutItem, SoldItem},
    account::Account,
    journal::{Journal, Line, NotAJournal},
    source::Source,
};

pub(crate) mod corrections;
pub(crate) mod credits;
pub(crate) mod disputes;
pub(crate) mod exchanges;
pub(crate) mod late;
pub(crate) mod payouts;
pub(crate) mod refunds;

pub(crate) use late::{LatePayment, late_payment, late_refund};
pub(crate) use refunds::{AmountRefund, Refund, amount_refund, refund, refund_paid};

/// Which of its two balances money of the reseller's is taken from or put into: where the money of the sale stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pot {
    /// Before the performance.
    Pending,
    /// Once it was released.
    Available,
}

impl Pot {
    /// The account.
    #[must_use]
    pub fn account(self) -> Account {
        match self {
            Self::Pending => Account::ResellerPending,
            Self::Available => Account::ResellerAvailable,
        }
    }
}

/// Who bears a cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearer {
    /// The reseller.
    Reseller,
    /// The platform.
    Platform,
}

/// An order that was paid, as frozen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// The order.
    pub order: OrderId,
    /// Its currency.
    pub currency: Currency,
    /// What it cost: face values and the fees passed on.
    pub total: Decimal,
    /// How much of that was paid with credit. Each credit has a journal of its own, so this much came by no payment.
    pub by_credit: Decimal,
    /// Its tickets, free ones included.
    pub items: Vec<SoldItem>,
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
    if sale.by_credit.is_sign_negative() || sale.by_credit > sale.total {
        return Err(NotAJournal::Contradiction(source, "more of it is paid with credit than it cost"));
    }
    let mut lines = moved(Account::PspClearing, Account::ResellerPending, sale.total - sale.by_credit).to_vec();
    lines.extend(fees(&sale.items));
    let moves_money = lines.iter().any(|line| !line.amount.is_zero());
    let items = sale.items.iter().map(|item| AboutItem {
        sold: item.written_in(sale.currency),
        refunded: Decimal::ZERO,
        fee_returned: Decimal::ZERO,
        fee_tax_returned: Decimal::ZERO,
        tax_returned: Decimal::ZERO,
    });
    let about = About { items: items.collect(), ..About::order(sale.order) };
    if !moves_money {
        return Ok(Some(Journal::without_money(source, sale.currency, about)));
    }
    Journal::new(source, sale.currency, lines, about).map(Some)
}

/// The provider's fee for a payment of an order; none if it was nothing.
///
/// # Errors
/// If the provider's name for it is unusable or the fee is too fine.
pub(crate) fn provider_fee(
    order: OrderId,
    provider_transaction: &str,
    fee: Decimal,
    currency: Currency,
    bearer: Bearer,
) -> Result<Option<Journal>, NotAJournal> {
    let source = Source::ProviderFee(provider_transaction.to_owned());
    usable(&source, provider_transaction)?;
    if fee.is_zero() {
        return Ok(None);
    }
    // A fee that the provider gives back is negative and posts the other way round.
    let account = match bearer {
        Bearer::Reseller => Account::ResellerPending,
        Bearer::Platform => Account::ExpPspFee,
    };
    let lines = moved(account, Account::PspClearing, fee).to_vec();
    Journal::new(source, currency, lines, About::order(order)).map(Some)
}

/// An amount moved from one account to another.
pub(crate) fn moved(debit: Account, credit: Account, amount: Decimal) -> [Line; 2] {
    [Line { account: debit, amount }, Line { account: credit, amount: -amount }]
}

/// The platform's fees and the tax on them, charged to the reseller.
fn fees(items: &[SoldItem]) -> impl Iterator<Item = Line> {
    let fee = moved(Account::ResellerPending, Account::RevPlatformFee, sum(items, |item| item.platform_fee));
    let hosting = moved(Account::ResellerPending, Account::RevHostingFee, sum(items, |item| item.hosting_fee));
    let tax = moved(Account::ResellerPending, Account::TaxPlatformVat, sum(items, SoldItem::fee_tax));
    fee.into_iter().chain(hosting).chain(tax)
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

/// What the provider calls something, as part of a source.
fn usable(source: &Source, name: &str) -> Result<(), NotAJournal> {
    if matches!(name.len(), 1..=255) && name.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(());
    }
    Err(NotAJournal::Contradiction(source.clone(), "the provider's transaction has no usable name"))
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

#[cfg(test)]
#[path = "postings_after_tests.rs"]
mod after_tests;
