//! Seals what was posted: gives each committed journal its place and its link in the tenant's chain of digests.

use foundation::{Cell, Result, TenantTx};

use crate::store::seals;

/// The most that one transaction seals.
const PAGE: i64 = 1_000;

/// Seals up to a page of the tenant's journals. Gives how many. Two at once wait for each other.
///
/// # Errors
/// If the database does not answer.
pub async fn seal(tx: &mut TenantTx) -> Result<u64> {
    seals::lock_head(tx).await?;
    seals::page(tx, PAGE).await
}

/// Seals everything that has been committed in a cell, tenant by tenant, each page in a transaction of its own. Gives how many
/// journals that was. Any number of processes may do so.
///
/// # Errors
/// If the database does not answer.
pub async fn seal_all(cell: &Cell) -> Result<u64> {
    let mut sealed = 0;
    for reseller in seals::tenants(cell).await? {
        loop {
            let mut tx = cell.tenant(reseller).await?;
            let page = seal(&mut tx).await?;
            tx.commit().await?;
            sealed += page;
            if page < PAGE.unsigned_abs() {
                break;
            }
        }
    }
    Ok(sealed)
}
