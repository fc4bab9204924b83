//! Keeps the performances in one room apart: whatever way it is set up, it is for one performance at a time (decision 36).

use foundation::{Code, Refusal, Result, TenantTx, id::PerformanceId};
use serde_json::json;

use crate::{
    rules::performance::{Performance, PerformanceState},
    store::{layouts, performances, planned},
};

/// Refuses a performance whose room another one uses between its doors and its end; drafts and what is cancelled use none. `at` is
/// where its times stand in the request. The room's layouts are locked until the transaction ends, so that of two at once one sees
/// the other.
///
/// # Errors
/// `performances_overlap`, or the database's.
pub(super) async fn keep_apart(tx: &mut TenantTx, performance: &Performance, at: &str) -> Result<()> {
    let Some(manifest) = performance.manifest.as_ref().filter(|_| performance.state != PerformanceState::Cancelled)
    else {
        return Ok(());
    };
    layouts::lock(tx, &[manifest.layout]).await?;
    let Some(other) = planned::in_the_way(tx, performance, manifest.layout).await? else { return Ok(()) };
    let detail = format!(
        "{} uses the room of this layout from {} to {}; choose another time or another room.",
        other.performance_id, other.doors_at, other.ends_at
    );
    let pointer = Refusal::field(format!("{at}/starts_at"), "the layout's room is in use then");
    let refusal = Refusal::new(Code::PerformancesOverlap, detail).with_alternatives(json!(other));
    Err(Refusal { errors: pointer.errors, ..refusal }.into())
}

/// Locks the layout of a performance, which it keeps for good, before the performance itself is locked.
///
/// # Errors
/// `not_found`, or the database's.
pub(super) async fn lock_layout(tx: &mut TenantTx, id: PerformanceId) -> Result<()> {
    let manifest = performances::get(tx, id).await?.manifest;
    layouts::lock(tx, &manifest.map(|manifest| manifest.layout).into_iter().collect::<Vec<_>>()).await
}
