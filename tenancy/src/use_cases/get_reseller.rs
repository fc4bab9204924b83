//! Shows the reseller.

use foundation::{Result, TenantTx};

use crate::{Reseller, store::resellers};

/// The transaction's own tenant.
///
/// # Errors
/// `not_found` if no such tenant lives in the cell, or the database's.
pub async fn get_reseller(tx: &mut TenantTx) -> Result<Reseller> {
    resellers::get(tx).await
}
