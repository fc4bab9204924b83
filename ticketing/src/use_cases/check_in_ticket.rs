//! Lets whoever shows a ticket in, once; and takes that back where it was a mistake. The first scan that arrives counts, whatever time
//! it says: what was told is not told otherwise later.

use foundation::{
    Code, Refusal, Result, TenantTx, event,
    id::{PerformanceId, TicketId},
};
use serde_json::json;

use super::own_ticket::{self, Owned};
use crate::{
    rules::{
        check_in::{Scan, admits, may_be_undone},
        order::{CheckIn, Credential, Order, OrderItem},
        owner::TicketOwner,
    },
    store::{check_ins, orders, owners, performances},
};

/// A ticket as the door sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtTheDoor {
    /// Its order, as it now is.
    pub order: Order,
    /// It.
    pub item: OrderItem,
    /// Whose it is.
    pub owner: TicketOwner,
}

/// Marks a ticket used.
///
/// # Errors
/// `invalid_field` also for the right to enter with another ticket, `not_found` also where nobody has ordered the ticket, `wrong_performance` with the right one, and what else
/// [`admits`] refuses.
pub async fn check_in_ticket(tx: &mut TenantTx, scan: &Scan) -> Result<AtTheDoor> {
    let now = tx.now().await?;
    let done = scan.check_in(now)?;
    let performance = performances::get(tx, scan.performance).await?;
    let found = check_ins::item_of(tx, scan.performance, scan.ticket, Some(scan.credential)).await?;
    let Some((id, no, its)) = found else { return Err(elsewhere(tx, scan).await?.into()) };
    let order = orders::lock(tx, id).await?;
    // Exchanged while it was waited for, it is another ticket's item now.
    still(&order, no, scan.performance, scan.ticket)?;
    let owner = owners::of_order(tx, id).await?.remove(&no);
    if let Err(refusal) = admits(&order, no, (scan.credential, owner.as_ref()), &performance, done.at) {
        let void = refusal.code == Code::TicketVoid;
        return Err(if void && !its { another(tx, scan, refusal).await? } else { refusal }.into());
    }
    let mut owned = own_ticket::of(tx, order, no, now).await?;
    check_ins::set(tx, &mut owned.order, no, (Credential::CheckedIn, Some(done.clone()))).await?;
    tell(tx, owned, "ticket.checked_in", &done).await
}

/// Makes a used ticket again what it would be now if nobody had entered with it: good, or suspended with its order.
///
/// # Errors
/// `not_found`, and what else [`may_be_undone`] refuses.
pub async fn undo_check_in(tx: &mut TenantTx, performance: PerformanceId, ticket: TicketId) -> Result<AtTheDoor> {
    let found = check_ins::item_of(tx, performance, ticket, None).await?;
    let (id, no, _) = found.ok_or_else(|| Refusal::missing("ticket"))?;
    let order = orders::lock(tx, id).await?;
    still(&order, no, performance, ticket)?;
    let now = tx.now().await?;
    let of = performances::get(tx, performance).await?;
    let done = may_be_undone(&order, no, &of, now)?;
    let suspended = orders::is_suspended(tx, id).await?;
    let credential = if suspended { Credential::Suspended } else { Credential::Issued };
    let mut owned = own_ticket::of(tx, order, no, now).await?;
    check_ins::set(tx, &mut owned.order, no, (credential, None)).await?;
    tell(tx, owned, "ticket.check_in_undone", &done).await
}

fn still(order: &Order, no: i16, performance: PerformanceId, ticket: TicketId) -> Result<(), Refusal> {
    let held = order.item(no)?.held;
    if (held.performance, held.ticket) == (performance, ticket) { Ok(()) } else { Err(Refusal::missing("ticket")) }
}

/// Why a right to enter that never was one to this ticket lets nobody in: it may be good for another one.
async fn another(tx: &mut TenantTx, scan: &Scan, void: Refusal) -> Result<Refusal> {
    let Some(ticket) = check_ins::good_for(tx, scan.performance, scan.credential).await? else { return Ok(void) };
    Ok(Refusal::field("/credential_id", format!("is of another ticket, {ticket}, and not of {}", scan.ticket)))
}

/// Why a ticket that nobody has ordered for the performance is not let in.
async fn elsewhere(tx: &mut TenantTx, scan: &Scan) -> Result<Refusal> {
    let Some((performance, starts_at)) = check_ins::elsewhere(tx, scan.performance, scan.ticket).await? else {
        return Ok(Refusal::missing("ticket"));
    };
    let detail = format!("The ticket is for the performance of {starts_at}.");
    let told = json!({ "performance_id": performance, "starts_at": starts_at });
    Ok(Refusal::new(Code::WrongPerformance, detail).with_alternatives(told))
}

async fn tell(tx: &mut TenantTx, mut owned: Owned, kind: &'static str, done: &CheckIn) -> Result<AtTheDoor> {
    let ticket = owned.item.held.ticket;
    let data = json!({
        "id": ticket, "performance_id": owned.item.held.performance, "order_id": owned.order.id, "item_no": owned.item.no,
        "credential_id": owned.of.credential, "checked_in_at": done.at, "gate": done.gate,
    });
    let told = event::NewEvent { kind, object: "ticket", object_id: ticket.uuid(), version: None, data };
    owned.tell(tx, told).await?;
    let item = owned.order.item(owned.item.no)?.clone();
    Ok(AtTheDoor { item, owner: owned.of.owner, order: owned.order })
}
