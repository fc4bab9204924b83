//! The provider's own balance report against the books, line by line. Pure: both sides come in as lines, the differences come out.

use std::{collections::BTreeMap, time::Duration};

use foundation::{Currency, Instant, Mode, id::ResellerId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What of an object of the provider's a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportPart {
    /// The money itself.
    Money,
    /// What the provider keeps for it.
    Fee,
    /// The money of a refund that came back.
    Returned,
}

/// Money that the provider's balance has more (above zero) or less, as one side has it. Major unit of the currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportLine {
    /// The provider's name for what it is of: a charge, a refund, or the balance transaction itself.
    pub of: String,
    /// What of that.
    pub part: ReportPart,
    /// How much.
    pub amount: Decimal,
    /// In which currency.
    pub currency: Currency,
    /// When it was, by the side's own clock.
    pub at: Instant,
    /// The side's own name for the line: a journal's source, a balance transaction.
    pub name: String,
    /// Whose it is, as far as the side knows.
    pub reseller: Option<ResellerId>,
    /// Whether `at` can be held against the other side's: not where a test environment's clock was moved.
    pub is_timed: bool,
}

/// In which way the two sides differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// The provider has it, the books do not.
    MissingHere,
    /// The books have it, the provider does not.
    MissingThere,
    /// The books have it more often than the provider.
    DoubledHere,
    /// The provider has it more often than the books.
    DoubledThere,
    /// Both have it, in other currencies.
    Currency,
    /// Both have it, with other amounts.
    Amount,
    /// Both have it, at times too far from each other.
    Late,
}

impl DifferenceKind {
    /// The word for it, on the wire and in print.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MissingHere => "missing_here",
            Self::MissingThere => "missing_there",
            Self::DoubledHere => "doubled_here",
            Self::DoubledThere => "doubled_there",
            Self::Currency => "currency",
            Self::Amount => "amount",
            Self::Late => "late",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// In which way.
    pub kind: DifferenceKind,
    /// The books' line.
    pub here: Option<ReportLine>,
    /// The provider's line.
    pub there: Option<ReportLine>,
}

impl Difference {
    fn new(kind: DifferenceKind, here: Option<&ReportLine>, there: Option<&ReportLine>) -> Self {
        Self { kind, here: here.cloned(), there: there.cloned() }
    }

    /// When it was: by the provider, if it has it.
    #[must_use]
    pub fn at(&self) -> Option<Instant> {
        self.there.as_ref().or(self.here.as_ref()).map(|line| line.at)
    }
}

/// What came of comparing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Compared {
    /// How many lines are the same on both sides.
    pub matched: usize,
    /// The differences, in the order of what they are of.
    pub differences: Vec<Difference>,
}

/// The most differences that are listed.
pub const DIFFERENCES_MAX: usize = 1_000;

/// A period of an account at the provider, compared with the books of all who pay through it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Which account.
    pub mode: Mode,
    /// From when, inclusive.
    pub from: Instant,
    /// Until when, exclusive.
    pub to: Instant,
    /// How many lines are the same on both sides.
    pub matched: usize,
    /// How many are not.
    pub differing: usize,
    /// The first [`DIFFERENCES_MAX`] of them.
    pub differences: Vec<Difference>,
    /// What the platform has drawn to its own bank, per currency.
    pub drawn: BTreeMap<String, Decimal>,
    /// When that was.
    pub compared_at: Instant,
}

type Sides<'a> = (Vec<&'a ReportLine>, Vec<&'a ReportLine>);

/// Compares the books (`here`) with the provider's report (`there`): each line of one side has exactly one on the other, with the
/// same amount in the same currency, and within `patience` of it.
#[must_use]
pub fn compare(here: &[ReportLine], there: &[ReportLine], patience: Duration) -> Compared {
    let mut pairs: BTreeMap<(&str, ReportPart), Sides<'_>> = BTreeMap::new();
    for line in here {
        pairs.entry((&line.of, line.part)).or_default().0.push(line);
    }
    for line in there {
        pairs.entry((&line.of, line.part)).or_default().1.push(line);
    }
    let mut compared = Compared::default();
    for (here, there) in pairs.values() {
        pair(here, there, patience, &mut compared);
    }
    compared
}

fn pair(here: &[&ReportLine], there: &[&ReportLine], patience: Duration, compared: &mut Compared) {
    for (ours, theirs) in here.iter().zip(there) {
        match differ(ours, theirs, patience) {
            Some(kind) => compared.differences.push(Difference::new(kind, Some(ours), Some(theirs))),
            None => compared.matched += 1,
        }
    }
    let both = here.len().min(there.len());
    let (only_here, only_there) = match both {
        0 => (DifferenceKind::MissingThere, DifferenceKind::MissingHere),
        _ => (DifferenceKind::DoubledHere, DifferenceKind::DoubledThere),
    };
    compared.differences.extend(here[both..].iter().map(|ours| Difference::new(only_here, Some(ours), None)));
    compared.differences.extend(there[both..].iter().map(|theirs| Difference::new(only_there, None, Some(theirs))));
}

fn differ(ours: &ReportLine, theirs: &ReportLine, patience: Duration) -> Option<DifferenceKind> {
    if ours.currency != theirs.currency {
        return Some(DifferenceKind::Currency);
    }
    if ours.amount != theirs.amount {
        return Some(DifferenceKind::Amount);
    }
    let apart = ours.at.since(theirs.at).max(theirs.at.since(ours.at));
    (ours.is_timed && theirs.is_timed && apart > patience).then_some(DifferenceKind::Late)
}

#[cfg(test)]
#[path = "comparison_tests.rs"]
mod tests;
