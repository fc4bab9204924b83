//! Stops serving a reseller.

use foundation::{Result, TenantTx, event};

use super::{record::record, reseller_event};
use crate::{Reseller, ResellerState, store::resellers};

/// Refuses the environment's keys from now on. What it sold stays sold. One that is suspended stays so; the act is in the audit
/// log in any case.
///
/// # Errors
/// `invalid_field` without an operator or a reason, `not_found`, or the database's.
pub async fn suspend(tx: &mut TenantTx, operator: &str, reason: &str) -> Result<Reseller> {
    let changed = resellers::set_state(tx, ResellerState::Suspended).await?;
    let reseller = resellers::get(tx).await?;
    record(tx, operator, "reseller.suspended", reason).await?;
    if changed {
        event::append(tx, &[reseller_event("reseller.suspended", &reseller)]).await?;
    }
    Ok(reseller)
}
