//! Makes a ticket worthless, without money: to void and to refund are two acts. Its place goes back on sale, or stays off it until the
//! same is asked again with another word.

use foundation::{Error, Instant, Result, TenantTx, event, id::OrderId};

use super::{own_ticket, refund::ticket_voided, settle::order_event, tell_buyer};
use crate::{
    inventory::Inventory,
    rules::{
        letter::News,
        order::{Credential, Order},
    },
    store::{
        claims::{self, Change, Owner, Which},
        orders, owners, slots, stock,
    },
};

/// What becomes of the place of a void ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceOfVoid {
    /// Anyone may buy it.
    OnSale,
    /// Nobody may.
    Blocked,
}

/// Makes it void, or puts the place of one that was void and blocked on sale. Gives the order and what became of claims.
///
/// # Errors
/// `not_found`, and what else [`crate::rules::owner::may_change_hands`] refuses.
pub async fn void_ticket(
    tx: &mut TenantTx,
    inventory: &Inventory,
    id: OrderId,
    no: i16,
    place: PlaceOfVoid,
) -> Result<(Order, Vec<Change>)> {
    let held = orders::get(tx, id).await?.item(no)?.held;
    claims::lock(tx, &[held], Owner::Order(id)).await?;
    let mut order = orders::lock(tx, id).await?;
    let item = order.item(no)?;
    if item.credential == Credential::Voided && place == PlaceOfVoid::OnSale {
        let opened = claims::free(tx, &[item.held], Owner::BlockOf(id)).await?;
        if !opened.is_empty() {
            stock::tell(tx, &opened, inventory.teller).await?;
            orders::touch(tx, &mut order).await?;
            event::append(tx, &[order_event("order.updated", &order)]).await?;
            return Ok((order, opened));
        }
    }
    let mut owned = own_ticket::lock(tx, id, no).await?;
    orders::set_credentials(tx, &mut owned.order, &[no], Credential::Voided).await?;
    owners::voided(tx, id, &[no], owned.now).await?;
    let held = [owned.item.held];
    let changes = match place {
        PlaceOfVoid::OnSale => claims::free(tx, &held, Owner::Order(id)).await?,
        PlaceOfVoid::Blocked => {
            // It counts for nobody's limit any more.
            slots::free_all(tx, Owner::Order(id), &held).await?;
            claims::pass(tx, &held, Owner::Order(id), Owner::BlockOf(id), Instant::NEVER, Which::Any).await?
        }
    };
    if changes.is_empty() {
        return Err(Error::Inconsistent(format!("{id} does not own its sold tickets")));
    }
    stock::tell(tx, &changes, inventory.teller).await?;
    let told = ticket_voided(&owned.order, &owned.item, None);
    owned.tell(tx, told).await?;
    let owner = owned.of.owner.clone();
    tell_buyer::owner(tx, &owned.order, no, &owner, News::TicketVoided, owned.now).await?;
    Ok((owned.order, changes))
}
