//! Records what an operator did.

use foundation::{Result, TenantTx};

use crate::{AuditEntry, rules::audit, store::audit_log};

/// Adds an act (`noun.verb_past`) to the audit log, in the transaction of the act itself, so that neither is without the other.
///
/// # Errors
/// `invalid_field` without an operator or a reason, or the database's.
pub async fn record(tx: &mut TenantTx, operator: &str, act: &'static str, reason: &str) -> Result<AuditEntry> {
    audit::check(operator, reason)?;
    audit_log::insert(tx, operator, act, reason).await
}
