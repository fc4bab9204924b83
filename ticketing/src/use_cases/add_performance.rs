//! Adds a performance to a show.

use foundation::{
    Code, Instant, Refusal, Result, TenantTx, event,
    id::{PerformanceId, ShowId, VenueId},
};
use serde_json::json;

use super::{
    keep_apart::keep_apart,
    use_layout::{choose, first_tickets},
};
use crate::{
    rules::{
        performance::{NewPerformance, Performance, PerformanceState},
        show::{PERFORMANCES_OF_SHOW_MAX, Show},
        times::Times,
    },
    store::{performances, shows, tickets, venues},
};

/// Adds it, with its tickets.
///
/// # Errors
/// `not_found` for show, venue or layout, `too_many_performances`, `layout_not_published`, `performances_overlap`, `over_maximum`, and what
/// [`NewPerformance::check`] refuses.
pub async fn add_performance(tx: &mut TenantTx, show: ShowId, new: &NewPerformance) -> Result<Performance> {
    // Against a show that is published meanwhile, without having seen that this performance has no tickets.
    shows::lock(tx, show).await?;
    let now = tx.now().await?;
    let show = shows::get(tx, show).await?;
    has_room(tx, show.id).await?;
    let zone = venues::get(tx, new.venue).await?.time_zone;
    let times = new.check(&show, &zone, now)?;
    Ok(insert(tx, &show, new, zone, times, "").await?.0)
}

/// Refuses one more performance than a show may have. The show is locked.
pub(super) async fn has_room(tx: &mut TenantTx, show: ShowId) -> Result<()> {
    if performances::count(tx, show).await? >= PERFORMANCES_OF_SHOW_MAX {
        let detail = format!("A show has at most {PERFORMANCES_OF_SHOW_MAX} performances; make another show.");
        return Err(Refusal::new(Code::TooManyPerformances, detail).into());
    }
    Ok(())
}

/// A performance that is new.
pub(super) fn new_of(show: &Show, venue: VenueId, time_zone: String, times: Times) -> Performance {
    Performance {
        id: PerformanceId::new(),
        show: show.id,
        venue,
        time_zone,
        times,
        state: PerformanceState::Open,
        checkouts_ended_at: Instant::LONG_AGO,
        archived_at: None,
        manifest: None,
        version: 1,
    }
}

/// Writes a performance that has been checked and stands there in the request. Gives it with how many tickets it has.
pub(super) async fn insert(
    tx: &mut TenantTx,
    show: &Show,
    new: &NewPerformance,
    zone: String,
    times: Times,
    at: &str,
) -> Result<(Performance, usize)> {
    let layout = choose(tx, new, times.starts_at, at).await?;
    let first = first_tickets(layout.as_ref(), &new.tickets, at)?;
    let manifest = layout.as_ref().map(|(manifest, _)| manifest.clone());
    let performance = Performance { manifest, ..new_of(show, new.venue, zone, times) };
    keep_apart(tx, &performance, at).await?;
    performances::insert(tx, &performance, new, &show.ticket_types).await?;
    let tickets = tickets::insert(tx, performance.id, &first).await?;
    let mut created = performance_event("performance.created", &performance);
    created.data["tickets"] = json!(tickets);
    event::append(tx, &[created]).await?;
    Ok((performance, tickets))
}

/// What the log is told of a performance: the whole of it, so that its history can be read.
pub(super) fn performance_event(kind: &'static str, performance: &Performance) -> event::NewEvent {
    let times = performance.times;
    let data = json!({
        "id": performance.id, "show_id": performance.show, "venue_id": performance.venue, "state": performance.state,
        "doors_at": times.doors_at, "starts_at": times.starts_at, "ends_at": times.ends_at,
        "checkouts_ended_at": Some(performance.checkouts_ended_at).filter(|ended| *ended != Instant::LONG_AGO),
        "time_zone": performance.time_zone, "on_sale_at": times.on_sale_at, "off_sale_at": times.off_sale_at,
    });
    event::NewEvent::of(kind, "performance", performance.id, performance.version, data)
}
