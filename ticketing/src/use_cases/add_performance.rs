//! Adds a performance to a show.

use foundation::{
    Instant, Result, TenantTx, event,
    id::{PerformanceId, ShowId},
};
use serde_json::json;

use crate::{
    rules::{
        performance::{NewPerformance, Performance, PerformanceState, Times},
        show::Show,
    },
    store::{performances, shows, tickets, venues},
};

/// Adds it, with its tickets.
///
/// # Errors
/// `not_found` for show or venue, and what [`NewPerformance::check`] refuses.
pub async fn add_performance(tx: &mut TenantTx, show: ShowId, new: &NewPerformance) -> Result<Performance> {
    let now = tx.now().await?;
    let show = shows::get(tx, show).await?;
    let types: Vec<String> = show.ticket_types.iter().map(|t| t.name.clone()).collect();
    new.check(now, &types, show.currency)?;
    insert(tx, &show, new, now).await
}

/// Writes a performance that has been checked.
pub(super) async fn insert(tx: &mut TenantTx, show: &Show, new: &NewPerformance, now: Instant) -> Result<Performance> {
    let venue = venues::get(tx, new.venue).await?;
    let performance = Performance {
        id: PerformanceId::new(),
        show: show.id,
        venue: venue.id,
        time_zone: venue.time_zone,
        times: Times::of(new, now),
        state: PerformanceState::Open,
        version: 1,
    };
    performances::insert(tx, &performance, new, &show.ticket_types).await?;
    let tickets = tickets::insert(tx, performance.id, &new.tickets).await?;
    let data = json!({ "id": performance.id, "show_id": show.id, "starts_at": performance.times.starts_at, "tickets": tickets });
    event::append(tx, &[event::NewEvent::of("performance.created", "performance", performance.id, 1, data)]).await?;
    Ok(performance)
}
