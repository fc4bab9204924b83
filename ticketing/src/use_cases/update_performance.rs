//! Changes when a performance is sold, and, while nothing of it was held, when it is.

use foundation::{
    Code, Instant, Refusal, Result, TenantTx, event, id::PerformanceId, refusal::FieldErrors, version::IfVersion,
};
use serde_json::json;

use super::stale;
use crate::{
    rules::performance::{Performance, PerformanceState},
    store::{claims, performances},
};

/// What to change; what is not said stays.
#[derive(Debug, Clone, Default)]
pub struct PerformanceChanges {
    /// Doors open.
    pub doors_at: Option<Instant>,
    /// Start.
    pub starts_at: Option<Instant>,
    /// End.
    pub ends_at: Option<Instant>,
    /// Sales open.
    pub on_sale_at: Option<Instant>,
    /// Sales close.
    pub off_sale_at: Option<Instant>,
    /// Open, paused or closed.
    pub state: Option<PerformanceState>,
}

/// Changes the performance of this version. A pause or close waits for the holds that are being made and is seen by all
/// that come after; holds that are made may still be ordered and paid.
///
/// # Errors
/// `not_found`, `if_match_stale`, `invalid_field`, `tickets_in_use` for new times once anything was held.
pub async fn update_performance(
    tx: &mut TenantTx,
    id: PerformanceId,
    version: impl Into<IfVersion>,
    changes: PerformanceChanges,
) -> Result<Performance> {
    performances::lock(tx, &[id], true).await?;
    let mut performance = performances::get(tx, id).await?;
    if !version.into().admits(performance.version) {
        return Err(stale().into());
    }
    let before = performance.times;
    let times = &mut performance.times;
    times.doors_at = changes.doors_at.unwrap_or(times.doors_at);
    times.starts_at = changes.starts_at.unwrap_or(times.starts_at);
    times.ends_at = changes.ends_at.unwrap_or(times.ends_at);
    times.on_sale_at = changes.on_sale_at.unwrap_or(times.on_sale_at);
    times.off_sale_at = changes.off_sale_at.unwrap_or(times.off_sale_at);
    let moved = (before.doors_at, before.starts_at, before.ends_at) != (times.doors_at, times.starts_at, times.ends_at);
    let now = tx.now().await?;
    let mut fields = FieldErrors::default();
    performance.times.check(&mut fields, "", moved.then_some(now));
    let settable = !matches!(changes.state, Some(PerformanceState::Cancelled));
    fields.check(settable, "/state", "must be open, paused or closed; cancelling is a process of its own");
    fields.done()?;
    if moved && claims::any_ever(tx, id).await? {
        let detail = "Tickets of it were held or sold; new times are a rescheduling, which tells the buyers.";
        return Err(Refusal::new(Code::TicketsInUse, detail).into());
    }
    performance.state = changes.state.unwrap_or(performance.state);
    performance.version = performances::update(tx, &performance).await?;
    let data = json!({ "id": id, "show_id": performance.show, "state": performance.state, "starts_at": performance.times.starts_at });
    event::append(tx, &[event::NewEvent::of("performance.updated", "performance", id, performance.version, data)])
        .await?;
    Ok(performance)
}
