//! The reseller writes.

use foundation::{Result, TenantTx, event, id::SupportCaseId};

use super::{CaseState, SupportCase, case_event, rules, store};

/// Adds a message of the reseller's: it is for an operator to answer. One that was resolved is open again.
///
/// # Errors
/// `not_found`, `invalid_field`, `case_closed`, `case_full`.
pub async fn write(tx: &mut TenantTx, id: SupportCaseId, text: &str) -> Result<SupportCase> {
    rules::check_text(text)?;
    let mut case = store::find(tx, id, true).await?;
    // Until somebody has answered, nobody waits for another answer.
    let to = if case.state == CaseState::Open { CaseState::Open } else { CaseState::WaitingForUs };
    rules::may_become(&case, to)?;
    rules::has_room(&case)?;
    let kind = if case.state == CaseState::Resolved { "support_case.reopened" } else { "support_case.updated" };
    store::add(tx, &mut case, None, text).await?;
    case.state = to;
    store::save(tx, &mut case).await?;
    event::append(tx, &[case_event(kind, &case)]).await?;
    Ok(case)
}
