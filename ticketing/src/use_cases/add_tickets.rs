//! Adds tickets to a performance.

use foundation::{Result, TenantTx, event, id::PerformanceId, refusal::FieldErrors};

use super::use_layout::more_tickets;
use crate::{
    rules::tickets::{NewTickets, check_tickets, within_ticket_limit},
    store::{performances, stock, tickets},
};

/// Adds them after those that are there. Gives how many.
///
/// # Errors
/// `not_found`, `performance_archived`, `invalid_field`, `too_many_tickets`, `seat_twice`, `over_maximum`.
pub async fn add_tickets(tx: &mut TenantTx, performance: PerformanceId, new: &[NewTickets]) -> Result<usize> {
    // Exclusive, because ordinals go on from the last one.
    performances::lock_to_change(tx, performance).await?;
    let manifest = performances::get(tx, performance).await?.manifest;
    let tiers = performances::price_tiers(tx, performance).await?;
    let names: Vec<&str> = tiers.iter().map(|(_, name)| name.as_str()).collect();
    let mut fields = FieldErrors::default();
    fields.check(!new.is_empty(), "/tickets", "must have at least one entry");
    check_tickets(&mut fields, "/tickets", new, &names, manifest.is_some());
    fields.done()?;
    let seats = more_tickets(tx, performance, manifest.as_ref(), new).await?;
    within_ticket_limit(seats.iter())?;
    let written = tickets::insert(tx, performance, &seats).await?;
    event::append(tx, &[stock::reload(performance)]).await?;
    Ok(written)
}
