//! Gives a ticket to another person: it is theirs from now on, and the right to enter of who had it opens nothing any more. It
//! stays the order's and the buyer's in money: a refund goes to who has paid.

use foundation::{Refusal, Result, TenantTx, id::OrderId};

use super::{own_ticket, tell_buyer};
use crate::rules::{
    letter::News,
    order::Order,
    owner::{OwnerChange, TicketOwner},
};

/// Gives it, and tells both.
///
/// # Errors
/// `not_found`, `invalid_field` if it is that person's already, and what else [`crate::rules::owner::may_change_hands`] refuses;
/// `too_many_owners`.
pub async fn transfer_ticket(tx: &mut TenantTx, id: OrderId, no: i16, to: TicketOwner) -> Result<Order> {
    let mut owned = own_ticket::lock(tx, id, no).await?;
    if owned.of.owner.email == to.email {
        return Err(Refusal::field("/email", "is the owner's already: correct the name with /rename").into());
    }
    let before = owned.of.owner.clone();
    owned.change(tx, OwnerChange::Transferred, to.clone(), "ticket.transferred").await?;
    let (order, now) = (&owned.order, owned.now);
    tell_buyer::owner(tx, order, no, &to, News::TicketReceived, now).await?;
    tell_buyer::owner(tx, order, no, &before, News::TicketGivenAway, now).await?;
    Ok(owned.order)
}
