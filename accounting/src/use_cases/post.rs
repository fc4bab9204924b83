//! Posts a journal: the only way into the ledger.

use foundation::{Error, Result, TenantTx, id::PerformanceId};
use rust_decimal::Decimal;

use crate::{
    Account, Journal, Source,
    rules::shares::{Share, followed, shares},
    store::{journals, performance_money},
};

/// What a posting did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    /// The journal is in the ledger, and was not before.
    Now,
    /// The very same journal was there; nothing was done.
    Before,
}

/// Posts a journal in the caller's transaction and moves the balances of the reseller's own accounts. It takes the locks on
/// those balances, so it comes last in a transaction. What it does to the pending money of a performance that was released is
/// done to what is available, by a second journal in the same transaction (decision 31).
///
/// # Errors
/// `Inconsistent` if the source has a journal of other content; nothing was done then.
pub async fn post(tx: &mut TenantTx, journal: &Journal) -> Result<Posted> {
    if journals::insert(tx, journal).await? {
        if let Some(follows) = follow(tx, journal).await? {
            journals::insert(tx, &follows).await?;
        }
        return Ok(Posted::Now);
    }
    // In a statement of its own, whose snapshot has what the insert waited for.
    if journals::is_posted(tx, journal).await? {
        return Ok(Posted::Before);
    }
    Err(Error::Inconsistent(format!("{} is in the ledger with other content", journal.source())))
}

/// Notes what of the journal is of which performance, and gives the journal for what was released before. The balance of what is
/// pending is locked since the insert, so that no release comes in between.
async fn follow(tx: &mut TenantTx, journal: &Journal) -> Result<Option<Journal>> {
    let Some(order) = journal.about().order_id else { return Ok(None) };
    if !journal.lines().iter().any(|line| line.account == Account::ResellerPending) {
        return Ok(None);
    }
    // A sale names all its tickets; before it there is nothing to know.
    let known = match journal.source() {
        Source::Sale(_) => Vec::new(),
        _ => performance_money::sold(tx, order).await?,
    };
    let mut shares = shares(journal, &known);
    if shares.is_empty() {
        // Credit is redeemed, say, before the sale is posted that it pays: it waits for that.
        let performance = PerformanceId::from_uuid(performance_money::NO_PERFORMANCE);
        shares.push(Share { performance, sold: Decimal::ZERO, pending: journal.pending() });
    }
    let released = performance_money::add(tx, order, journal.currency(), &shares).await?;
    Ok(followed(journal, released)?)
}
