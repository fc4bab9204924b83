//! Gives a reseller a fee rule of its own.

use foundation::{Result, TenantTx};

use crate::{FeeRule, store};

/// Adds a rule that holds from now on, by the tenant's clock. Orders that exist keep their fees.
///
/// # Errors
/// If the database does not answer or the rule's id was used before.
pub async fn set_fee_rule(tx: &mut TenantTx, rule: &FeeRule) -> Result<()> {
    store::fee_rules::add(tx, rule).await
}
