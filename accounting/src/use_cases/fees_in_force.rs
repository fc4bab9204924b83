//! Which fee rules hold for a sale now.

use foundation::{Result, TenantTx, id::ShowId};

use crate::{FeeRules, store};

/// The rules that may hold for tickets of these shows, by the tenant's clock: of each scope the newest whose time has come.
///
/// # Errors
/// If the database does not answer.
pub async fn fees_in_force(tx: &mut TenantTx, shows: &[ShowId]) -> Result<FeeRules> {
    store::fee_rules::in_force(tx, shows).await
}
