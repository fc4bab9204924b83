//! Sets how seats of a performance are chosen: until when accessible places are kept, and what becomes of selections that leave a
//! single seat. It binds who holds from then on; what is held already stays.

use foundation::{Instant, Refusal, Result, TenantTx, event, id::PerformanceId, version::IfVersion};

use super::{add_performance::performance_event, stale};
use crate::{
    rules::seating::{SeatingRules, SingleSeats},
    store::{performances, seating, stock},
};

/// How seats are chosen, with the version of the performance that it is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeatingSet {
    /// What is set.
    pub rules: SeatingRules,
    /// The performance's version.
    pub version: i64,
}

/// What to change; what is not said stays.
#[derive(Debug, Clone, Copy, Default)]
pub struct SeatingChanges {
    /// Until when accessible places are kept; `Some(None)`: to the end.
    pub accessible_until: Option<Option<Instant>>,
    /// What becomes of selections that leave a single seat.
    pub single_seats: Option<SingleSeats>,
}

/// How seats of a performance are chosen.
///
/// # Errors
/// `not_found`.
pub async fn get_seating(tx: &mut TenantTx, id: PerformanceId) -> Result<SeatingSet> {
    let version = performances::get(tx, id).await?.version;
    let rules = seating::rules(tx, id).await?.ok_or_else(|| Refusal::missing("performance"))?;
    Ok(SeatingSet { rules, version })
}

/// Sets it for the performance of this version. Waits for the holds that are being made. Where nothing changes, nothing is written.
///
/// # Errors
/// `not_found`, `performance_archived`, `if_match_stale`, `invalid_field`.
pub async fn set_seating(
    tx: &mut TenantTx,
    id: PerformanceId,
    version: impl Into<IfVersion>,
    changes: SeatingChanges,
) -> Result<SeatingSet> {
    performances::lock_to_change(tx, id).await?;
    let mut performance = performances::get(tx, id).await?;
    if !version.into().admits(performance.version) {
        return Err(stale().into());
    }
    let before = get_seating(tx, id).await?.rules;
    let rules = SeatingRules {
        accessible_until: changes.accessible_until.unwrap_or(before.accessible_until),
        single_seats: changes.single_seats.unwrap_or(before.single_seats),
    };
    if rules.accessible_until.is_some_and(|until| until > performance.times.ends_at) {
        let detail = "must not be after the performance; null keeps the places to the end";
        return Err(Refusal::field("/accessible_until", detail).into());
    }
    if rules == before {
        return Ok(SeatingSet { rules, version: performance.version });
    }
    performance.version = seating::set_rules(tx, id, rules).await?;
    event::append(tx, &[performance_event("performance.updated", &performance), stock::reload(id)]).await?;
    Ok(SeatingSet { rules, version: performance.version })
}
