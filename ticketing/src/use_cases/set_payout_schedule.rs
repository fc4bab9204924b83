//! Sets when a reseller is paid out by itself.

use foundation::{Result, TenantTx, version::IfVersion};

use super::stale;
use crate::{
    rules::payout::{PayoutSettings, Schedule},
    store::payout_settings,
};

/// Sets the schedule, over a version that the caller has seen; the next payout is by the new one. Where nothing changes, nothing is
/// written.
///
/// # Errors
/// `if_match_stale`; the database's.
pub async fn set_payout_schedule(
    tx: &mut TenantTx,
    version: impl Into<IfVersion>,
    schedule: &Schedule,
) -> Result<PayoutSettings> {
    let settings = payout_settings::lock(tx).await?;
    if !version.into().admits(settings.version) {
        return Err(stale().into());
    }
    if *schedule == settings.schedule {
        return Ok(settings);
    }
    let next = schedule.next_after(tx.now().await?);
    payout_settings::set_schedule(tx, schedule, next).await?;
    payout_settings::get(tx).await
}
