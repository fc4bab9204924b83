//! Creates a show with its performances and their tickets, in one go or not at all.

use foundation::{Result, TenantTx, event, id::ShowId, id::TicketTypeId};
use serde_json::json;

use super::add_performance;
use crate::{
    rules::{
        show::{NewShow, Show, TicketType},
        tickets::within_limit,
    },
    store::{layouts, shows, venues},
};

/// Creates it.
///
/// # Errors
/// What [`NewShow::check`] refuses, `not_found` for a venue or layout, `layout_not_published`, `performances_overlap`, `over_maximum`, `seat_twice`.
pub async fn create_show(tx: &mut TenantTx, new: &NewShow) -> Result<Show> {
    let now = tx.now().await?;
    let at: Vec<_> = new.performances.iter().map(|performance| performance.venue).collect();
    let zones = venues::zones(tx, &at).await?;
    let times = new.check(&zones, now)?;
    let mut show = Show {
        id: ShowId::new(),
        title: new.title.clone(),
        description: new.description.clone(),
        currency: new.currency,
        state: new.state,
        visibility: new.visibility,
        public_from: new.public_from,
        version: 1,
        created_at: now,
        ticket_types: new
            .ticket_types
            .iter()
            .map(|name| TicketType { id: TicketTypeId::new(), name: name.clone() })
            .collect(),
        performances: Vec::new(),
    };
    shows::insert(tx, &show).await?;
    // All at once, in their order: shows that are made at once on the same layouts wait for each other.
    let layouts: Vec<_> =
        new.performances.iter().filter_map(|performance| Some(performance.layout.as_ref()?.layout)).collect();
    layouts::lock(tx, &layouts).await?;
    event::append(tx, &[show_event("show.created", &show)]).await?;
    let mut created = 0;
    for (i, ((performance, zone), times)) in new.performances.iter().zip(zones).zip(times).enumerate() {
        let at = format!("/performances/{i}");
        let (added, tickets) = add_performance::insert(tx, &show, performance, zone, times, &at).await?;
        // What layouts have is known only now.
        created += tickets;
        within_limit(created)?;
        show.performances.push(added);
    }
    show.performances.sort_by_key(|performance| (performance.times.starts_at, performance.id));
    Ok(show)
}

/// What the log is told of a show: the whole of it, so that its history can be read.
pub(super) fn show_event(kind: &'static str, show: &Show) -> event::NewEvent {
    let ticket_type = |known: &TicketType| json!({ "id": known.id, "name": known.name });
    let data = json!({
        "id": show.id, "title": show.title, "description": show.description, "currency": show.currency,
        "state": show.state, "visibility": show.visibility, "public_from": show.public_from,
        "ticket_types": show.ticket_types.iter().map(ticket_type).collect::<Vec<_>>(),
    });
    event::NewEvent::of(kind, "show", show.id, show.version, data)
}
