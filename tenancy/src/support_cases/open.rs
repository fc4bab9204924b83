//! Opens a case.

use foundation::{Code, Refusal, Result, TenantTx, event};

use super::{NewCase, SupportCase, case_event, rules, store};

/// Opens a case with its first message.
///
/// # Errors
/// `invalid_field` naming each wrong field, also one that names nothing of the reseller's; `too_many_cases`.
pub async fn open(tx: &mut TenantTx, new: &NewCase) -> Result<SupportCase> {
    rules::check_new(new)?;
    if store::count_open_locked(tx).await? >= rules::OPEN_MAX {
        let detail = format!("{} cases are open; close those that are done with.", rules::OPEN_MAX);
        return Err(Refusal::new(Code::TooManyCases, detail).into());
    }
    let id = store::insert(tx, new).await?;
    let mut case = store::find(tx, id, true).await?;
    store::add(tx, &mut case, None, &new.text).await?;
    event::append(tx, &[case_event("support_case.opened", &case)]).await?;
    Ok(case)
}
