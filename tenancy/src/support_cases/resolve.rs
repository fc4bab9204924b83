//! An operator has said all there is to say.

use foundation::{Result, TenantTx, id::SupportCaseId};

use super::{CaseState, SupportCase, answer::written};

/// Adds a last message, as [`super::answer`] does, and resolves the case with it.
///
/// # Errors
/// `not_found`, `invalid_field`, `case_closed`, `case_not_open` for one that is resolved, `case_full`.
pub async fn resolve(tx: &mut TenantTx, id: SupportCaseId, operator: &str, text: &str) -> Result<SupportCase> {
    written(tx, (id, CaseState::Resolved), (operator, text), ("support_case.resolved", "case.resolved")).await
}
