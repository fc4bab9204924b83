//! Changes when a performance is sold, and, while nothing of it was held, when it is.

use foundation::{Code, Refusal, Result, TenantTx, event, id::PerformanceId, refusal::FieldErrors, version::IfVersion};

use super::{
    add_performance::performance_event,
    keep_apart::{keep_apart, lock_layout},
    stale,
};
use crate::{
    rules::{
        performance::{Checkouts, Performance, PerformanceState},
        times::GivenTimes,
    },
    store::{claims, performances},
};

/// What to change; what is not said stays.
#[derive(Debug, Clone, Default)]
pub struct PerformanceChanges {
    /// When it is and when it is sold.
    pub times: GivenTimes,
    /// Open, paused or closed.
    pub state: Option<PerformanceState>,
    /// What becomes of buyers who are at it when sales are paused or closed.
    pub checkouts: Checkouts,
}

/// Changes the performance of this version. A pause or close waits for the holds that are being made and is seen by all
/// that come after. What was held or ordered before may be finished, or is ended from this moment on: then nothing can be done
/// with it any more, and [`super::end_checkouts`] tells so and tidies up. Where nothing changes, nothing is written.
///
/// # Errors
/// `not_found`, `performance_archived`, `if_match_stale`, `performance_cancelled`, `invalid_field`, `performances_overlap`, `tickets_in_use` for new times once anything was held.
pub async fn update_performance(
    tx: &mut TenantTx,
    id: PerformanceId,
    version: impl Into<IfVersion>,
    changes: PerformanceChanges,
) -> Result<Performance> {
    let given = changes.times;
    let moves = given.doors_at.or(given.starts_at).or(given.ends_at).is_some();
    if moves {
        lock_layout(tx, id).await?;
    }
    performances::lock_to_change(tx, id).await?;
    let mut performance = performances::get(tx, id).await?;
    if !version.into().admits(performance.version) {
        return Err(stale().into());
    }
    if performance.state == PerformanceState::Cancelled {
        let detail = "The performance is cancelled for good; add an extra date instead.";
        return Err(Refusal::new(Code::PerformanceCancelled, detail).into());
    }
    let before = performance.clone();
    let now = tx.now().await?;
    let mut fields = FieldErrors::default();
    let times = changes.times.over(performance.times, &mut fields, "", &performance.time_zone, now);
    let settable = !matches!(changes.state, Some(PerformanceState::Cancelled));
    fields.check(settable, "/state", "must be open, paused or closed; cancelling is a process of its own");
    let stops = matches!(changes.state, Some(PerformanceState::Paused | PerformanceState::Closed));
    let may_end = stops || changes.checkouts == Checkouts::MayFinish;
    fields.check(may_end, "/checkouts", "can be ended only where `state` says paused or closed");
    fields.done()?;
    let times = times.unwrap_or(performance.times);
    let moved = times.moved_from(&performance.times);
    if moved && claims::any_ever(tx, id).await? {
        let detail = "Tickets of it were held or sold; reschedule it instead (POST /v1/performances/{performance_id}/reschedule), which tells the buyers.";
        return Err(Refusal::new(Code::TicketsInUse, detail).into());
    }
    let paused = changes.state == Some(PerformanceState::Paused) && performance.state != PerformanceState::Paused;
    performance.times = times;
    if moved {
        keep_apart(tx, &performance, "").await?;
    }
    performance.state = changes.state.unwrap_or(performance.state);
    if changes.checkouts == Checkouts::End {
        performance.checkouts_ended_at = now;
    }
    if performance == before {
        return Ok(performance);
    }
    performance.version = performances::update(tx, &performance).await?;
    let mut events = vec![performance_event("performance.updated", &performance)];
    if paused {
        events.push(event::NewEvent { version: None, ..performance_event("performance.paused", &performance) });
    }
    event::append(tx, &events).await?;
    Ok(performance)
}
