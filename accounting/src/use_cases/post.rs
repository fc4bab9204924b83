//! Posts a journal: the only way into the ledger.

use foundation::{Error, Result, TenantTx};

use crate::{Journal, store};

/// What a posting did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    /// The journal is in the ledger, and was not before.
    Now,
    /// The very same journal was there; nothing was done.
    Before,
}

/// Posts a journal in the caller's transaction and moves the balances of the reseller's own accounts. It takes the locks on
/// those balances, so it comes last in a transaction.
///
/// # Errors
/// `Inconsistent` if the source has a journal of other content; nothing was done then.
pub async fn post(tx: &mut TenantTx, journal: &Journal) -> Result<Posted> {
    if store::journals::insert(tx, journal).await? {
        return Ok(Posted::Now);
    }
    // In a statement of its own, whose snapshot has what the insert waited for.
    if store::journals::is_posted(tx, journal).await? {
        return Ok(Posted::Before);
    }
    Err(Error::Inconsistent(format!("{} is in the ledger with other content", journal.source())))
}
