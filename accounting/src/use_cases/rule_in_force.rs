//! Which fee rule an order gets now.

use foundation::{Result, TenantTx};

use crate::{FeeRule, store};

/// The newest rule of the reseller whose time has come by the tenant's clock, or the platform's default if there is none.
///
/// # Errors
/// If the database does not answer.
pub async fn rule_in_force(tx: &mut TenantTx) -> Result<FeeRule> {
    Ok(store::fee_rules::newest(tx).await?.unwrap_or_else(FeeRule::platform_default))
}
