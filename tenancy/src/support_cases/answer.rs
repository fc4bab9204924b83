//! An operator writes.

use foundation::{Result, TenantTx, event, id::SupportCaseId};

use super::{CaseState, SupportCase, case_event, rules, store};
use crate::{record, rules::notice::Notice, store::resellers};

/// Adds a message of an operator's; the reseller is told by event and by mail that there is one. Who answers a case that nobody sees to sees
/// to it from then on.
///
/// # Errors
/// `not_found`, `invalid_field`, `case_closed`, `case_not_open`, `case_full`.
pub async fn answer(tx: &mut TenantTx, id: SupportCaseId, operator: &str, text: &str) -> Result<SupportCase> {
    written(tx, (id, CaseState::WaitingForReseller), (operator, text), ("support_case.answered", "case.answered")).await
}

/// A message of an operator's, after which the case is so.
pub(super) async fn written(
    tx: &mut TenantTx,
    (id, to): (SupportCaseId, CaseState),
    (operator, text): (&str, &str),
    (kind, act): (&'static str, &'static str),
) -> Result<SupportCase> {
    rules::check_text(text)?;
    let mut case = store::find(tx, id, true).await?;
    rules::may_become(&case, to)?;
    rules::has_room(&case)?;
    record(tx, operator, act, &format!("{id}, message {}", case.messages + 1)).await?;
    store::add(tx, &mut case, Some(operator), text).await?;
    case.state = to;
    case.assignee.get_or_insert_with(|| operator.to_owned());
    store::save(tx, &mut case).await?;
    event::append(tx, &[case_event(kind, &case)]).await?;
    let reseller = resellers::get(tx).await?;
    Notice::SupportCaseAnswered { case: id }.queue(tx, &reseller, case.version).await?;
    Ok(case)
}
