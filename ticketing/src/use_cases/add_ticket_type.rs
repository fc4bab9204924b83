//! Adds a ticket type to a show. It is sold where a performance gets an offer of it.

use foundation::{
    Result, TenantTx, event,
    id::{ShowId, TicketTypeId},
};

use super::{create_show::show_event, stale};
use crate::{rules::show::TicketType, store::shows};

/// Adds it after those that are there.
///
/// # Errors
/// `not_found`, `invalid_field`, `name_taken`.
pub async fn add_ticket_type(tx: &mut TenantTx, id: ShowId, name: &str) -> Result<TicketType> {
    shows::lock(tx, id).await?;
    let mut show = shows::get(tx, id).await?;
    show.check_ticket_type(name)?;
    let added = TicketType { id: TicketTypeId::new(), name: name.to_owned() };
    shows::insert_ticket_types(tx, id, std::slice::from_ref(&added)).await?;
    show.ticket_types.push(added.clone());
    if !shows::update(tx, show.version, &show).await? {
        return Err(stale().into());
    }
    show.version += 1;
    event::append(tx, &[show_event("show.updated", &show)]).await?;
    Ok(added)
}
