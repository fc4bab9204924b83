//! On which terms a reseller's money becomes available.

use foundation::{Result, TenantTx};

use crate::{ReleaseTerms, store};

/// The terms in force; the platform's own where none were set.
///
/// # Errors
/// If the database does not answer.
pub async fn release_terms(tx: &mut TenantTx) -> Result<ReleaseTerms> {
    store::release_terms::get(tx).await
}
