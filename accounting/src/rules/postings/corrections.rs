//! What a person or a calendar posts: the hosted shop's monthly fee, adjustments by reason, and reversals.

use foundation::{
    Currency,
    id::{AdjustmentId, JournalId, OrderId},
};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Pot, moved, positive};
use crate::rules::{
    about::About,
    account::Account,
    allocation::net_and_tax,
    journal::{Journal, NotAJournal},
    source::Source,
};

/// The hosted shop's fee of the month that this day is in, and the tax on it with its percentage.
///
/// # Errors
/// If the fee is not positive, the tax is negative, or either is too fine.
pub fn hosting(
    month: Date,
    currency: Currency,
    fee: Decimal,
    (tax, tax_rate): (Decimal, Decimal),
    from: Pot,
) -> Result<Journal, NotAJournal> {
    let source = Source::Hosting(month.year(), month.month(), currency);
    if tax < Decimal::ZERO {
        return Err(NotAJournal::Contradiction(source, "the tax is negative"));
    }
    let mut lines = moved(from.account(), Account::RevHostingFee, positive(&source, fee)?).to_vec();
    lines.extend(moved(from.account(), Account::TaxPlatformVat, tax));
    let about = About { fee_tax_rate: Some(tax_rate.normalize()), ..About::default() };
    Journal::new(source, currency, lines, about)
}

/// Why the books are corrected; each has its contra account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The platform makes good for something.
    Goodwill,
    /// A fee of the platform's was wrong.
    PlatformFee,
    /// The platform bears a fee of the provider's.
    ProviderFee,
    /// The platform bears a lost dispute.
    DisputeLoss,
    /// Money that nobody claimed has found its owner.
    Unmatched,
}

impl Reason {
    const ALL: [Self; 5] = [Self::Goodwill, Self::PlatformFee, Self::ProviderFee, Self::DisputeLoss, Self::Unmatched];

    /// The word used in tables and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Goodwill => "goodwill",
            Self::PlatformFee => "platform_fee",
            Self::ProviderFee => "provider_fee",
            Self::DisputeLoss => "dispute_loss",
            Self::Unmatched => "unmatched",
        }
    }

    /// Reads the word back.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }

    fn contra(self) -> Account {
        match self {
            Self::Goodwill => Account::ExpGoodwill,
            Self::PlatformFee => Account::RevPlatformFee,
            Self::ProviderFee => Account::ExpPspFee,
            Self::DisputeLoss => Account::ExpDisputeLoss,
            Self::Unmatched => Account::Suspense,
        }
    }
}

/// A correction that a person decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Adjustment {
    /// The adjustment.
    pub adjustment: AdjustmentId,
    /// What it corrects, if that is about an order.
    pub order: Option<OrderId>,
    /// Its currency.
    pub currency: Currency,
    /// In the reseller's favour; below zero, to its debit.
    pub amount: Decimal,
    /// Why.
    pub reason: Reason,
}

impl Adjustment {
    /// The correction, of the reseller's pending or available money.
    ///
    /// # Errors
    /// If the amount is nothing or too fine.
    pub fn journal(&self, pot: Pot) -> Result<Journal, NotAJournal> {
        self.of_a_fee(None, pot)
    }

    /// The correction of a fee that had this percentage of tax on it: the amount is the fee and its tax.
    ///
    /// # Errors
    /// As [`Adjustment::journal`].
    pub(crate) fn of_a_fee(&self, fee_tax_rate: Option<Decimal>, pot: Pot) -> Result<Journal, NotAJournal> {
        let fee_tax_rate = fee_tax_rate.filter(|_| self.reason == Reason::PlatformFee);
        let (fee, tax) = match fee_tax_rate {
            Some(rate) => net_and_tax(self.amount, rate, self.currency),
            None => (self.amount, Decimal::ZERO),
        };
        let mut lines = moved(self.reason.contra(), pot.account(), fee).to_vec();
        lines.extend(moved(Account::TaxPlatformVat, pot.account(), tax));
        let about = About { order_id: self.order, fee_tax_rate, ..About::default() };
        Journal::new(Source::Adjustment(self.adjustment), self.currency, lines, about)
    }
}

/// The exact mirror of a journal. Its source makes it once; a reversal cannot be reversed, because what was undone by mistake is
/// posted anew under what it is.
///
/// # Errors
/// If the journal is a reversal.
pub fn reversal(id: JournalId, of: &Journal) -> Result<Journal, NotAJournal> {
    let source = Source::Reversal(id);
    if matches!(of.source(), Source::Reversal(_)) {
        return Err(NotAJournal::Contradiction(source, "a reversal cannot be reversed"));
    }
    Ok(of.mirrored(source))
}
