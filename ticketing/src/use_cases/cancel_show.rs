//! Cancels every performance of a show that is still to take place, in one transaction: all of them, or none.

use foundation::{
    Code, Instant, Refusal, Result, TenantTx,
    id::{PerformanceId, ShowId},
};

use super::cancel_performance::cancel_performance;
use crate::{
    rules::{
        cancellation::{Cancellation, Impact, Plan},
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

/// Says what it means and, unless it is a dry run, does it. A dry run locks nothing and only reads. What is cancelled already, or over, stays
/// as it is.
///
/// # Errors
/// `not_found`, `invalid_field`, `performance_cancelled` if nothing is left to cancel.
pub async fn cancel_show(tx: &mut TenantTx, show: ShowId, plan: &Plan, dry_run: bool) -> Result<Vec<Cancelled>> {
    if !dry_run {
        // No performance is added meanwhile.
        shows::lock(tx, show).await?;
    }
    let now = tx.now().await?;
    let mut all: Vec<PerformanceId> =
        shows::get(tx, show).await?.performances.iter().filter(|of| still_to_come(of, now)).map(|of| of.id).collect();
    all.sort_unstable();
    if !dry_run {
        performances::lock(tx, &all, true).await?;
    }
    let mut cancelled = Vec::with_capacity(all.len());
    for performance in all {
        if !still_to_come(&performances::get(tx, performance).await?, now) {
            continue;
        }
        let (impact, cancellation) = cancel_performance(tx, performance, plan, dry_run).await?;
        cancelled.push(Cancelled { performance, impact, cancellation });
    }
    if cancelled.is_empty() {
        let detail = "No performance of the show is still to take place.";
        return Err(Refusal::new(Code::PerformanceCancelled, detail).into());
    }
    Ok(cancelled)
}

fn still_to_come(of: &Performance, now: Instant) -> bool {
    of.state != PerformanceState::Cancelled && of.archived_at.is_none() && of.times.ends_at > now
}
