//! Which fee rules a reseller has and had.

use foundation::{Instant, Result, TenantTx};

use crate::{FeeRule, Scope, store};

/// The most rules that are listed.
const RULES_MAX: i64 = 200;

/// The reseller's own rules and from when each holds, the newest first; where a newer one has the same scope, the older holds no
/// more.
///
/// # Errors
/// If the database does not answer.
pub async fn list_fee_rules(tx: &mut TenantTx) -> Result<Vec<(Instant, Scope, FeeRule)>> {
    store::fee_rules::newest(tx, RULES_MAX).await
}
