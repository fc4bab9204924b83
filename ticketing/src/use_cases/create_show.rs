//! Creates a show with its performances and their tickets, in one go or not at all.

use foundation::{Result, TenantTx, event, id::ShowId, id::TicketTypeId};
use serde_json::json;

use super::add_performance;
use crate::{
    rules::show::{NewShow, Show, TicketType},
    store::shows,
};

/// Creates it.
///
/// # Errors
/// What [`NewShow::check`] refuses, `not_found` for a venue, `seat_twice`.
pub async fn create_show(tx: &mut TenantTx, new: &NewShow) -> Result<Show> {
    let now = tx.now().await?;
    new.check(now)?;
    let mut show = Show {
        id: ShowId::new(),
        title: new.title.clone(),
        description: new.description.clone(),
        currency: new.currency,
        state: new.state,
        visibility: new.visibility,
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
    let data = json!({ "id": show.id, "state": show.state, "visibility": show.visibility });
    event::append(tx, &[event::NewEvent::of("show.created", "show", show.id, 1, data)]).await?;
    for performance in &new.performances {
        let added = add_performance::insert(tx, &show, performance, now).await?;
        show.performances.push(added);
    }
    show.performances.sort_by_key(|performance| (performance.times.starts_at, performance.id));
    Ok(show)
}
