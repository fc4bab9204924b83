//! The reseller ends a case.

use foundation::{Result, TenantTx, event, id::SupportCaseId};

use super::{CaseState, SupportCase, case_event, rules, store};

/// Closes a case for good.
///
/// # Errors
/// `not_found`, `case_closed`.
pub async fn close(tx: &mut TenantTx, id: SupportCaseId) -> Result<SupportCase> {
    let mut case = store::find(tx, id, true).await?;
    rules::may_become(&case, CaseState::Closed)?;
    case.state = CaseState::Closed;
    store::save(tx, &mut case).await?;
    event::append(tx, &[case_event("support_case.closed", &case)]).await?;
    Ok(case)
}
