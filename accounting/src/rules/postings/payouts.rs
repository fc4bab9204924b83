//! How a reseller's money gets from the provider to the reseller: released after the performance, kept back in part, settled to the
//! bank, paid out.

use foundation::{
    Currency,
    id::{PayoutId, PerformanceId},
};
use rust_decimal::Decimal;

use super::{moved, positive, usable};
use crate::rules::{
    about::About,
    account::Account,
    journal::{Journal, NotAJournal},
    source::Source,
};

/// The money of a performance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerformanceMoney {
    /// The performance.
    pub performance: PerformanceId,
    /// The currency.
    pub currency: Currency,
    /// How much of it.
    pub amount: Decimal,
}

impl PerformanceMoney {
    /// The performance is over: what it brought can be paid out. An amount below zero is what the reseller owes for it.
    ///
    /// # Errors
    /// If the amount is too fine, or nothing.
    pub fn released(&self) -> Result<Journal, NotAJournal> {
        let source = Source::Release(self.performance, self.currency);
        self.between(source, Account::ResellerPending, Account::ResellerAvailable, self.amount)
    }

    /// Some of it is kept for what buyers' banks may still take back.
    ///
    /// # Errors
    /// If the amount is not positive or too fine.
    pub fn held(&self) -> Result<Journal, NotAJournal> {
        let source = Source::ReserveHeld(self.performance, self.currency);
        let amount = positive(&source, self.amount)?;
        self.between(source, Account::ResellerAvailable, Account::ResellerRollingReserve, amount)
    }

    /// What was kept is free.
    ///
    /// # Errors
    /// If the amount is not positive or too fine.
    pub fn free_again(&self) -> Result<Journal, NotAJournal> {
        let source = Source::ReserveReleased(self.performance, self.currency);
        let amount = positive(&source, self.amount)?;
        self.between(source, Account::ResellerRollingReserve, Account::ResellerAvailable, amount)
    }

    /// Some of what was kept has paid what the reseller owed; the `nth` piece of it.
    ///
    /// # Errors
    /// If the amount is not positive or too fine.
    pub fn used(&self, nth: i16) -> Result<Journal, NotAJournal> {
        let source = Source::ReserveUsed(self.performance, self.currency, nth);
        let amount = positive(&source, self.amount)?;
        self.between(source, Account::ResellerRollingReserve, Account::ResellerAvailable, amount)
    }

    fn between(&self, source: Source, from: Account, to: Account, amount: Decimal) -> Result<Journal, NotAJournal> {
        let about = About { performance_id: Some(self.performance), ..About::default() };
        Journal::new(source, self.currency, moved(from, to, amount).to_vec(), about)
    }
}

/// A batch of the provider's has reached the bank: what is ours by the provider's own lines, and what no line explains.
///
/// # Errors
/// If the provider's name for it is unusable, or an amount is too fine, or nothing came.
pub fn settled(
    batch: &str,
    currency: Currency,
    explained: Decimal,
    unexplained: Decimal,
) -> Result<Journal, NotAJournal> {
    let source = Source::Settlement(batch.to_owned());
    usable(&source, batch)?;
    let mut lines = moved(Account::Bank, Account::PspClearing, explained).to_vec();
    lines.extend(moved(Account::Bank, Account::Suspense, unexplained));
    Journal::new(source, currency, lines, About::default())
}

/// Money on its way to a reseller's bank account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payout {
    /// The payout.
    pub payout: PayoutId,
    /// Its currency.
    pub currency: Currency,
    /// How much.
    pub amount: Decimal,
}

impl Payout {
    /// It is decided on. That it is not more than is available is the caller's to see to, under the lock on that balance.
    ///
    /// # Errors
    /// If the amount is not positive or too fine.
    pub fn created(&self) -> Result<Journal, NotAJournal> {
        self.step(Source::Payout(self.payout), Account::ResellerAvailable, Account::PayoutInTransit)
    }

    /// It has left the bank.
    ///
    /// # Errors
    /// If the amount is not positive or too fine.
    pub fn paid(&self) -> Result<Journal, NotAJournal> {
        self.step(Source::PayoutPaid(self.payout), Account::PayoutInTransit, Account::Bank)
    }

    /// It never left, or came back: it is available again.
    ///
    /// # Errors
    /// If the amount is not positive or too fine.
    pub fn failed(&self, had_left: bool) -> Result<Journal, NotAJournal> {
        let from = if had_left { Account::Bank } else { Account::PayoutInTransit };
        self.step(Source::PayoutFailed(self.payout), from, Account::ResellerAvailable)
    }

    fn step(&self, source: Source, from: Account, to: Account) -> Result<Journal, NotAJournal> {
        let lines = moved(from, to, positive(&source, self.amount)?).to_vec();
        Journal::new(source, self.currency, lines, About { payout_id: Some(self.payout), ..About::default() })
    }
}
