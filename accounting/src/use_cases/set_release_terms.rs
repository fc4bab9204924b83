//! Sets on which terms a reseller's money becomes available.

use foundation::{Result, TenantTx};

use crate::{ReleaseTerms, store};

/// Sets the terms for all releases from now on; what is kept back already stays so until its own time.
///
/// # Errors
/// If the database does not answer.
pub async fn set_release_terms(tx: &mut TenantTx, terms: &ReleaseTerms) -> Result<()> {
    store::release_terms::set(tx, terms).await
}
