//! The journal: what is posted, always as a whole. A value of [`Journal`] is balanced and exact; there is no other kind.

use foundation::{Currency, Instant};
use rust_decimal::Decimal;

use super::{about::About, account::Account, source::Source};

/// One line of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// The account.
    pub account: Account,
    /// Debit positive, credit negative; major unit of the journal's currency.
    pub amount: Decimal,
}

/// Lines that sum to zero, in one currency, and what they stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    source: Source,
    currency: Currency,
    lines: Vec<Line>,
    about: About,
    effective_at: Option<Instant>,
}

/// Why lines are no journal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAJournal {
    /// Debits and credits differ.
    #[error("{0} does not sum to zero but to {1}")]
    Unbalanced(Source, Decimal),
    /// Nothing has moved from one account to another.
    #[error("{0} has fewer than two lines")]
    TooFewLines(Source),
    /// A digit that the currency does not have.
    #[error("{0} has {1}, more decimals than {2} has")]
    TooManyDecimals(Source, Decimal, Currency),
    /// A sum beyond what a decimal can hold exactly.
    #[error("{0} has amounts beyond any that can be summed")]
    TooLarge(Source),
    /// What was asked to be posted contradicts itself.
    #[error("{0}: {1}")]
    Contradiction(Source, &'static str),
}

impl From<NotAJournal> for foundation::Error {
    fn from(refused: NotAJournal) -> Self {
        Self::Inconsistent(refused.to_string())
    }
}

impl Journal {
    /// A journal of these lines. Lines of zero say nothing and are left out.
    ///
    /// # Errors
    /// If the lines do not sum to zero, fewer than two are left, or an amount has more decimals than the currency.
    pub fn new(source: Source, currency: Currency, lines: Vec<Line>, about: About) -> Result<Self, NotAJournal> {
        let mut sum = Decimal::ZERO;
        for line in &lines {
            if line.amount.normalize().scale() > currency.exponent() {
                return Err(NotAJournal::TooManyDecimals(source, line.amount, currency));
            }
            // A sum that had to drop digits to fit would balance only by chance.
            sum = match sum.checked_add(line.amount) {
                Some(sum) if sum.scale() >= line.amount.normalize().scale() => sum,
                _ => return Err(NotAJournal::TooLarge(source)),
            };
        }
        if !sum.is_zero() {
            return Err(NotAJournal::Unbalanced(source, sum));
        }
        let lines: Vec<Line> = lines
            .into_iter()
            .filter(|line| !line.amount.is_zero())
            .map(|line| Line { amount: currency.round(line.amount), ..line })
            .collect();
        if lines.len() < 2 {
            return Err(NotAJournal::TooFewLines(source));
        }
        Ok(Self { source, currency, lines, about, effective_at: None })
    }

    /// A journal that moves no money and only says what was sold: an order that was paid with credit alone, without a fee. Its
    /// tickets are then in the books like all others; the credit has a journal of its own.
    pub(crate) fn without_money(source: Source, currency: Currency, about: About) -> Self {
        let nothing = |account| Line { account, amount: currency.round(Decimal::ZERO) };
        let lines = vec![nothing(Account::PspClearing), nothing(Account::ResellerPending)];
        Self { source, currency, lines, about, effective_at: None }
    }

    /// The same journal, of something that took effect at this time, which is not when it is posted.
    #[must_use]
    pub fn effective(self, at: Instant) -> Self {
        Self { effective_at: Some(at), ..self }
    }

    /// The journal that undoes this one, standing for `source`.
    #[must_use]
    pub fn mirrored(&self, source: Source) -> Self {
        let lines = self.lines.iter().map(|line| Line { amount: -line.amount, ..*line }).collect();
        Self { source, lines, effective_at: None, ..self.clone() }
    }

    /// What it stands for.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The currency of all lines.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The lines, in the order in which they were given.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// When it took effect; when it is posted, unless it says otherwise.
    #[must_use]
    pub fn effective_at(&self) -> Option<Instant> {
        self.effective_at
    }

    /// The ids that reports group by.
    #[must_use]
    pub fn about(&self) -> &About {
        &self.about
    }

    /// How much more is pending by it, in the reseller's favour.
    pub(crate) fn pending(&self) -> Decimal {
        self.lines.iter().filter(|line| line.account == Account::ResellerPending).map(|line| -line.amount).sum()
    }

    /// How much the journal changes each of the reseller's own accounts, in the order in which their rows are locked.
    #[must_use]
    pub fn changes_of_resellers_own(&self) -> Vec<Line> {
        let mut changes = std::collections::BTreeMap::<&str, Line>::new();
        for line in self.lines.iter().filter(|line| line.account.is_resellers_own()) {
            let change =
                changes.entry(line.account.as_str()).or_insert(Line { account: line.account, amount: Decimal::ZERO });
            change.amount += line.amount;
        }
        changes.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use foundation::id::OrderId;

    use super::*;

    fn journal(lines: &[(Account, &str)]) -> Result<Journal, NotAJournal> {
        let order = OrderId::new();
        let lines = lines.iter().map(|&(account, amount)| Line { account, amount: amount.parse().unwrap() }).collect();
        Journal::new(Source::Sale(order), "EUR".parse().unwrap(), lines, About::order(order))
    }

    #[test]
    fn balanced_lines_are_a_journal_and_zero_lines_are_left_out() {
        let whole = journal(&[
            (Account::PspClearing, "100"),
            (Account::ResellerPending, "-100.000"),
            (Account::RevPlatformFee, "0"),
        ])
        .unwrap();
        assert_eq!(whole.lines().len(), 2);
        assert_eq!(whole.lines()[1].amount.to_string(), "-100.00");
    }

    #[test]
    fn what_does_not_balance_is_too_short_or_too_fine_is_refused() {
        let (clearing, pending) = (Account::PspClearing, Account::ResellerPending);
        assert!(matches!(journal(&[(clearing, "1.00"), (pending, "-0.99")]), Err(NotAJournal::Unbalanced(..))));
        assert!(matches!(journal(&[]), Err(NotAJournal::TooFewLines(_))));
        assert!(matches!(journal(&[(clearing, "0"), (pending, "0")]), Err(NotAJournal::TooFewLines(_))));
        assert!(matches!(journal(&[(clearing, "1.001"), (pending, "-1.001")]), Err(NotAJournal::TooManyDecimals(..))));
        let most = Decimal::MAX.to_string();
        assert!(matches!(journal(&[(clearing, &most), (clearing, &most)]), Err(NotAJournal::TooLarge(_))));
        let lossy = [(clearing, most.as_str()), (clearing, "0.01"), (pending, "-0.01"), (pending, "-1")];
        assert!(matches!(journal(&lossy), Err(NotAJournal::TooLarge(_))));
    }

    #[test]
    fn a_mirror_undoes_every_line() {
        let whole = journal(&[(Account::PspClearing, "7.00"), (Account::ResellerPending, "-7.00")]).unwrap();
        let mirror = whole.mirrored(Source::Sale(OrderId::new()));
        for (line, undone) in whole.lines().iter().zip(mirror.lines()) {
            assert_eq!((line.account, line.amount), (undone.account, -undone.amount));
        }
    }

    #[test]
    fn changes_are_summed_by_account_and_only_the_resellers_own() {
        let whole = journal(&[
            (Account::PspClearing, "10.00"),
            (Account::ResellerPending, "-10.00"),
            (Account::ResellerPending, "2.00"),
            (Account::ResellerAvailable, "-2.00"),
        ])
        .unwrap();
        let changes: Vec<_> =
            whole.changes_of_resellers_own().iter().map(|l| (l.account.as_str(), l.amount.to_string())).collect();
        assert_eq!(changes, [("reseller_available", "-2.00".to_owned()), ("reseller_pending", "-8.00".to_owned())]);
    }
}
