//! Cancels every performance of a show that is still to take place, in one transaction: all of them, or none.

use std::collections::HashMap;

use foundation::{
    Code, Instant, Refusal, Result, TenantTx,
    id::{PerformanceId, ShowId},
};

use super::cancel_performance::{cancel, impacts, planned};
use crate::{
    rules::{
        cancellation::{Cancellation, Impact, Plan, Remedy},
        performance::{Performance, PerformanceState},
    },
    store::{performances, shows},
};

/// What becomes of one performance.
#[derive(Debug)]
pub struct Cancelled {
    /// Which one.
    pub performance: PerformanceId,
    /// Whom it concerns.
    pub impact: Impact,
    /// Its cancellation, unless it is a dry run.
    pub cancellation: Option<Cancellation>,
}

/// Says what it means and, unless it is a dry run, does it. What it means is counted before anything is locked, so nobody waits for that; a
/// dry run only reads. What is cancelled already, or over, stays as it is.
///
/// # Errors
/// `not_found`, `invalid_field`, `performance_cancelled` if nothing is left to cancel.
pub async fn cancel_show(tx: &mut TenantTx, show: ShowId, plan: &Plan, dry_run: bool) -> Result<Vec<Cancelled>> {
    if plan.offered.contains(&Remedy::Replacement) {
        let detail = "cannot be `replacement` for a whole show: cancel performance by performance (POST /v1/performances/{performance_id}/cancel) and name for each the one that replaces it";
        return Err(Refusal::field("/offered", detail).into());
    }
    let seen = to_come(tx, show).await?;
    if seen.is_empty() {
        return Err(nothing_left().into());
    }
    let mut all = Vec::with_capacity(seen.len());
    for performance in &seen {
        all.push(planned(tx, performance, plan).await?);
    }
    let impacts = impacts(tx, show, &all).await?;
    let counted = seen.iter().zip(impacts).map(|(of, impact)| (of.id, impact));
    if dry_run {
        let cancelled = |(performance, impact)| Cancelled { performance, impact, cancellation: None };
        return Ok(counted.map(cancelled).collect());
    }
    cancel_all(tx, show, plan, counted.collect()).await
}

/// Locks what is still to take place and cancels it.
async fn cancel_all(
    tx: &mut TenantTx,
    show: ShowId,
    plan: &Plan,
    mut counted: HashMap<PerformanceId, Impact>,
) -> Result<Vec<Cancelled>> {
    // No performance is added meanwhile.
    shows::lock(tx, show).await?;
    let all: Vec<PerformanceId> = to_come(tx, show).await?.iter().map(|of| of.id).collect();
    performances::lock(tx, &all, true).await?;
    let now = tx.now().await?;
    let mut cancelled = Vec::with_capacity(all.len());
    for id in all {
        let performance = performances::get(tx, id).await?;
        if !still_to_come(&performance, now) {
            continue;
        }
        let cancellation = cancel(tx, performance, plan).await?;
        let impact = match counted.remove(&id) {
            Some(impact) => Some(Impact { decide_by: cancellation.decide_by, ..impact }),
            // It was added since.
            None => impacts(tx, show, std::slice::from_ref(&cancellation)).await?.pop(),
        };
        let impact = impact.ok_or_else(|| Refusal::missing("performance"))?;
        cancelled.push(Cancelled { performance: id, impact, cancellation: Some(cancellation) });
    }
    if cancelled.is_empty() { Err(nothing_left().into()) } else { Ok(cancelled) }
}

/// The performances of a show that are still to take place, in the order of their ids.
async fn to_come(tx: &mut TenantTx, show: ShowId) -> Result<Vec<Performance>> {
    let now = tx.now().await?;
    let mut all = shows::get(tx, show).await?.performances;
    all.retain(|of| still_to_come(of, now));
    all.sort_unstable_by_key(|of| of.id);
    Ok(all)
}

fn nothing_left() -> Refusal {
    Refusal::new(Code::PerformanceCancelled, "No performance of the show is still to take place.")
}

fn still_to_come(of: &Performance, now: Instant) -> bool {
    of.state != PerformanceState::Cancelled && of.archived_at.is_none() && of.times.ends_at > now
}
