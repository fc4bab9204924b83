//! When a reseller's periods end: monthly in UTC, until the reseller says otherwise.

use foundation::{Code, Instant, Refusal, Result, TenantTx, version::IfVersion};

use crate::{
    Every, SettlementSchedule,
    rules::settlement::schedule::{next_end, zone},
    store::settlements::{self, ClosesAt},
};

const DEFAULT: (Every, &str) = (Every::Month, "UTC");

/// What to change; what is left out stays.
#[derive(Debug, Clone, Default)]
pub struct ScheduleChanges {
    /// How often.
    pub every: Option<Every>,
    /// At midnight of this zone of the IANA database.
    pub time_zone: Option<String>,
}

/// Makes the schedule that holds until the reseller says otherwise, unless there is one.
pub(crate) async fn make_default(tx: &mut TenantTx) -> Result<()> {
    let (every, name) = DEFAULT;
    let now = tx.now().await?;
    settlements::make_schedule(tx, every, name, next_end(every, &zone(name)?, now)).await
}

/// When the reseller's periods end.
///
/// # Errors
/// If the database does not answer.
pub async fn settlement_schedule(tx: &mut TenantTx) -> Result<SettlementSchedule> {
    if let Some(schedule) = settlements::schedule(tx).await? {
        return Ok(schedule);
    }
    let (every, name) = DEFAULT;
    let closes_at = ClosesAt(Some(next_end(every, &zone(name)?, tx.now().await?)));
    Ok(SettlementSchedule { every, time_zone: name.to_owned(), closes_at, version: 1 })
}

/// Changes it. The period that is open ends at the first end of the new schedule from now on. Where nothing changes,
/// nothing is written.
///
/// # Errors
/// `if_match_stale`; `invalid_field` for a zone that is none.
pub async fn set_settlement_schedule(
    tx: &mut TenantTx,
    version: &IfVersion,
    changes: ScheduleChanges,
) -> Result<SettlementSchedule> {
    make_default(tx).await?;
    let before = settlements::lock(tx).await?;
    if !version.admits(before.version) {
        let detail = "The schedule has changed since it was read; read it again.";
        return Err(Refusal::new(Code::IfMatchStale, detail).into());
    }
    let every = changes.every.unwrap_or(before.every);
    let time_zone = changes.time_zone.unwrap_or_else(|| before.time_zone.clone());
    if (every, &time_zone) == (before.every, &before.time_zone) {
        return Ok(before);
    }
    let closes_at: Instant = next_end(every, &zone(&time_zone)?, tx.now().await?);
    let version = settlements::set_schedule(tx, every, &time_zone, closes_at).await?;
    Ok(SettlementSchedule { every, time_zone, closes_at: closes_at.into(), version })
}
