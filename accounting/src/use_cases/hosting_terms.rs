//! What a reseller is charged by the month.

use foundation::{Result, TenantTx};

use super::charge_hosting::charge_hosting;
use crate::{HostingTerms, store};

/// The terms in force; none where nothing is charged.
///
/// # Errors
/// If the database does not answer.
pub async fn hosting_terms(tx: &mut TenantTx) -> Result<Option<HostingTerms>> {
    store::release_terms::hosting(tx).await
}

/// Sets them, or that nothing is charged, from the month on that runs: it is charged at its end. Months that have ended are charged first,
/// by the terms that they had.
///
/// # Errors
/// As [`charge_hosting`].
pub async fn set_hosting_terms(tx: &mut TenantTx, terms: Option<&HostingTerms>) -> Result<()> {
    while charge_hosting(tx).await? {}
    store::release_terms::set_hosting(tx, terms).await
}
