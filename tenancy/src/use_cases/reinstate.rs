//! Serves a suspended reseller again.

use foundation::{Result, TenantTx, event};

use super::{record::record, reseller_event};
use crate::{Reseller, ResellerState, store::resellers};

/// Takes the environment's keys again. One that is active stays so; the act is in the audit log in any case.
///
/// # Errors
/// `invalid_field` without an operator or a reason, `not_found`, or the database's.
pub async fn reinstate(tx: &mut TenantTx, operator: &str, reason: &str) -> Result<Reseller> {
    let changed = resellers::set_state(tx, ResellerState::Active).await?;
    let reseller = resellers::get(tx).await?;
    record(tx, operator, "reseller.reinstated", reason).await?;
    if changed {
        event::append(tx, &[reseller_event("reseller.reinstated", &reseller)]).await?;
    }
    Ok(reseller)
}
