//! Who is on a waitlist comes before open sale: a ticket that somebody waits for is had by who does not wait only once the list was
//! looked at and nobody on it could use that ticket (decision 32).

use std::collections::HashSet;

use foundation::{
    Code, Refusal, Result, TenantTx,
    id::{PerformanceId, TicketId},
};

use crate::{inventory::Inventory, rules::order::HeldTicket, store::waitlists};

/// Lets tickets go to one who does not wait, in performances that are locked, before any claim is changed. What was left for open sale is used up by it.
///
/// # Errors
/// `waitlist_first`, or the database's.
pub(super) async fn check_waitlists(tx: &mut TenantTx, inventory: &Inventory, tickets: &[HeldTicket]) -> Result<()> {
    let performances: Vec<PerformanceId> = tickets.iter().map(|held| held.performance).collect();
    let wanted = waitlists::wanted(tx, &performances).await?;
    if wanted.is_empty() {
        return Ok(());
    }
    inventory.warm_within(tx, wanted.keys().copied()).await?;
    let waited_for = inventory.waited_for(tx.reseller(), tickets, &wanted);
    let left: HashSet<TicketId> = waitlists::left_of(tx, &waited_for).await?;
    if waited_for.iter().any(|(_, ticket)| !left.contains(ticket)) {
        return Err(waitlist_first().into());
    }
    Ok(waitlists::use_up(tx, &waited_for).await?)
}

/// The refusal of what is for those who wait.
pub(crate) fn waitlist_first() -> Refusal {
    let detail = "What is free goes to who is on the performance's waitlist; join it, or ask for other tickets.";
    Refusal::new(Code::WaitlistFirst, detail)
}
