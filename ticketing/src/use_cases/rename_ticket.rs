//! Corrects the name of who owns a ticket: the same person, the same right to enter.

use foundation::{Result, TenantTx, id::OrderId};

use super::own_ticket;
use crate::rules::{order::Order, owner::OwnerChange};

/// Corrects it.
///
/// # Errors
/// `not_found`, `invalid_field`, and what else [`crate::rules::owner::may_change_hands`] refuses; `too_many_owners`.
pub async fn rename_ticket(tx: &mut TenantTx, id: OrderId, no: i16, name: &str) -> Result<Order> {
    let mut owned = own_ticket::lock(tx, id, no).await?;
    let renamed = owned.of.owner.renamed(name)?;
    owned.change(tx, OwnerChange::Renamed, renamed, "ticket.renamed").await?;
    Ok(owned.order)
}
