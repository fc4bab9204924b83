//! Seals what was posted: gives each committed journal its place and its link in the tenant's chain of digests.

use foundation::{Cell, Result, TenantTx, id::ResellerId};

use super::{keep_open_periods::keep_open_periods, settlement_schedule::make_default};
use crate::store::seals;

/// The most that one transaction seals.
const PAGE: i64 = 1_000;

/// Seals up to a page of the tenant's journals. Gives how many. Two at once wait for each other.
///
/// # Errors
/// If the database does not answer.
pub async fn seal(tx: &mut TenantTx) -> Result<u64> {
    if seals::lock_head(tx).await? {
        // Its first journal: from here on there are periods.
        make_default(tx).await?;
    }
    seals::page(tx, PAGE).await
}

/// Seals everything of a tenant that has been committed, each page in a transaction of its own, and keeps what its open periods come to.
/// Gives how many journals that was.
///
/// # Errors
/// If the database does not answer.
pub async fn seal_tenant(cell: &Cell, reseller: ResellerId) -> Result<u64> {
    let mut sealed = 0;
    loop {
        let mut tx = cell.tenant(reseller).await?;
        let page = seal(&mut tx).await?;
        tx.commit().await?;
        sealed += page;
        if page < PAGE.unsigned_abs() {
            if sealed > 0 {
                // It is derived, and told from the rows where it is not kept: nobody's journals wait for it.
                if let Err(error) = keep_open_periods(cell, reseller).await {
                    tracing::warn!(%error, %reseller, "open periods could not be kept; it is tried again");
                }
            }
            return Ok(sealed);
        }
    }
}

/// Seals everything that has been committed in a cell, tenant by tenant, each page in a transaction of its own. Gives how many
/// journals that was. Any number of processes may do so.
///
/// # Errors
/// If the database does not answer.
pub async fn seal_all(cell: &Cell) -> Result<u64> {
    let mut sealed = 0;
    for reseller in seals::tenants(cell).await? {
        sealed += seal_tenant(cell, reseller).await?;
    }
    Ok(sealed)
}
