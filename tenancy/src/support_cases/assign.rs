//! Says which operator sees to a case.

use foundation::{Result, TenantTx, event, id::SupportCaseId, refusal::FieldErrors};

use super::{SupportCase, case_event, rules, store};
use crate::{record, rules::fields};

/// Gives a case to an operator.
///
/// # Errors
/// `not_found`, `invalid_field`, `case_closed`.
pub async fn assign(
    tx: &mut TenantTx,
    id: SupportCaseId,
    (operator, reason): (&str, &str),
    to: &str,
) -> Result<SupportCase> {
    let mut wrong = FieldErrors::default();
    fields::name(&mut wrong, "/assignee", to);
    wrong.done()?;
    let mut case = store::find(tx, id, true).await?;
    rules::not_closed(&case)?;
    record(tx, operator, "case.assigned", reason).await?;
    case.assignee = Some(to.to_owned());
    store::save(tx, &mut case).await?;
    event::append(tx, &[case_event("support_case.updated", &case)]).await?;
    Ok(case)
}
