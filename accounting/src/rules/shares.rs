//! What a journal of an order means for the money of each of its performances: by that the money is released, performance by
//! performance.

use std::collections::BTreeMap;

use foundation::id::PerformanceId;
use rust_decimal::Decimal;

use super::{
    about::AboutItem,
    account::Account,
    allocation::split,
    journal::{Journal, NotAJournal},
    postings::moved,
    source::Source,
};

/// A performance's part of what a journal did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    /// The performance.
    pub(crate) performance: PerformanceId,
    /// What its tickets cost more, or less.
    pub(crate) sold: Decimal,
    /// What is pending of it more, or less, in the reseller's favour.
    pub(crate) pending: Decimal,
}

/// The parts of a journal's pending money, by performance. What names tickets is theirs; the rest (a provider's fee, a dispute, an
/// amount given back, credit redeemed) is divided by what the tickets have cost: `known` has that of each performance. None where
/// nothing pending has moved, or nothing is known of the order's performances.
pub(crate) fn shares(journal: &Journal, known: &[(PerformanceId, Decimal)]) -> Vec<Share> {
    if !journal.lines().iter().any(|line| line.account == Account::ResellerPending) {
        return Vec::new();
    }
    let change = journal.pending();
    let of_item: fn(&AboutItem) -> (Decimal, Decimal) = match journal.source() {
        Source::Sale(_) | Source::ExchangedIn(..) => |item| (item.sold.total(), net(item)),
        Source::ExchangedOut(..) => |item| (-item.sold.total(), -net(item)),
        Source::RefundFailed(_) => |item| (item.refunded, -given_back(item)),
        _ => |item| (-item.refunded, given_back(item)),
    };
    let mut parts: BTreeMap<PerformanceId, (Decimal, Decimal)> = BTreeMap::new();
    // What was undone may have been anything: it is divided like what is of no ticket.
    let is_reversal = matches!(journal.source(), Source::Reversal(_));
    for item in journal.about().items.iter().filter(|_| !is_reversal) {
        let (sold, pending) = of_item(item);
        let part = parts.entry(item.sold.performance).or_default();
        *part = (part.0 + sold, part.1 + pending);
    }
    if parts.is_empty() {
        parts = known.iter().map(|(performance, sold)| (*performance, (Decimal::ZERO, *sold))).collect();
    }
    // An exchange leaves the account as it is, and moves all of the ticket's money.
    let exchanged = matches!(journal.source(), Source::ExchangedIn(..) | Source::ExchangedOut(..));
    let pending: Vec<Decimal> = if exchanged {
        parts.values().map(|part| part.1).collect()
    } else {
        let weights: Vec<Decimal> = parts.values().map(|part| part.1.abs()).collect();
        split(change, &weights, journal.currency())
    };
    let share = |((performance, (sold, _)), pending)| Share { performance, sold, pending };
    parts.into_iter().zip(pending).map(share).collect()
}

/// What the reseller has of a ticket that was sold.
fn net(item: &AboutItem) -> Decimal {
    item.sold.total() - item.sold.platform_fee - item.sold.hosting_fee - item.sold.fee_tax()
}

/// What the reseller has more after a refund of it: less, but for the fees that it gets back.
fn given_back(item: &AboutItem) -> Decimal {
    item.fee_returned + item.fee_tax_returned - item.refunded
}

/// The journal that has money of performances which were released before follow them: what another journal just did to what is
/// pending, it does to what is available. None where that is nothing.
///
/// # Errors
/// Never, for an amount out of a journal.
pub(crate) fn followed(journal: &Journal, released: Decimal) -> Result<Option<Journal>, NotAJournal> {
    if released.is_zero() {
        return Ok(None);
    }
    let source = Source::Followed(Box::new(journal.source().clone()));
    let lines = moved(Account::ResellerPending, Account::ResellerAvailable, released).to_vec();
    let about = super::about::About { items: Vec::new(), provider_fee: Decimal::ZERO, ..journal.about().clone() };
    Journal::new(source, journal.currency(), lines, about).map(Some)
}

#[cfg(test)]
#[path = "shares_tests.rs"]
mod tests;
