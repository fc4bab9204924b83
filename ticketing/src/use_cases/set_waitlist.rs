//! Opens and closes a performance's waitlist, and says how long its offers stand.

use foundation::{Result, TenantTx, id::PerformanceId, version::IfVersion};

use super::stale;
use crate::{
    rules::waitlist::{Waitlist, WaitlistState},
    store::{performances, waitlists},
};

/// What to change; what is not said stays.
#[derive(Debug, Clone, Copy, Default)]
pub struct WaitlistChanges {
    /// Whether it takes anyone in.
    pub state: Option<WaitlistState>,
    /// How long an offer stands from then on, in seconds.
    pub offer_seconds: Option<i32>,
}

/// A performance's waitlist.
///
/// # Errors
/// `not_found`.
pub async fn get_waitlist(tx: &mut TenantTx, performance: PerformanceId) -> Result<Waitlist> {
    performances::get(tx, performance).await?;
    waitlists::get(tx, performance).await
}

/// Sets it for the list of this version. Who waits goes on waiting, and offers that were made stand as long as they were to.
///
/// # Errors
/// `not_found`, `performance_archived`, `if_match_stale`, `invalid_field`.
pub async fn set_waitlist(
    tx: &mut TenantTx,
    performance: PerformanceId,
    version: impl Into<IfVersion>,
    changes: WaitlistChanges,
) -> Result<Waitlist> {
    performances::lock_to_change(tx, performance).await?;
    let before = get_waitlist(tx, performance).await?;
    if !version.into().admits(before.version) {
        return Err(stale().into());
    }
    let to = Waitlist {
        state: changes.state.unwrap_or(before.state),
        offer_seconds: changes.offer_seconds.unwrap_or(before.offer_seconds),
        ..before
    };
    to.check()?;
    if (to.state, to.offer_seconds) == (before.state, before.offer_seconds) {
        return Ok(before);
    }
    let now = tx.now().await?;
    if !waitlists::set(tx, &to, now).await? {
        return Err(stale().into());
    }
    Ok(Waitlist { version: before.version + 1, ..to })
}
