//! Gives a reseller a fee rule of its own.

use foundation::{Instant, Result, TenantTx};

use crate::{FeeRule, Scope, store};

/// Adds a rule that holds in this scope from now on, by the tenant's clock, and gives that time. Orders that exist keep their fees.
///
/// # Errors
/// If the database does not answer or the rule's id was used before.
pub async fn set_fee_rule(tx: &mut TenantTx, scope: Scope, rule: &FeeRule) -> Result<Instant> {
    store::fee_rules::add(tx, scope, rule).await
}
