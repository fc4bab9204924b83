//! Deletes tickets that nobody ever held, and tells first what it would do, if asked.

use foundation::{
    Code, Refusal, Result, TenantTx, event,
    id::{PerformanceId, TicketId},
};
use serde_json::json;

use crate::{
    rules::tickets::Selection,
    store::{claims, performances, stock, tickets},
};

/// How many of the tickets that stand in the way are named.
const NAMED: usize = 100;

/// What is or would be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketsChanged {
    /// How many tickets the change is about.
    pub tickets: usize,
    /// How many of them stand in the way; with any, nothing is changed.
    pub in_use: usize,
    /// The first of those.
    pub in_use_first: Vec<TicketId>,
}

impl TicketsChanged {
    pub(super) fn of(tickets: usize, in_use: &[TicketId]) -> Self {
        Self { tickets, in_use: in_use.len(), in_use_first: in_use.iter().take(NAMED).copied().collect() }
    }

    /// Refuses if any stand in the way.
    pub(super) fn allowed(&self, detail: &str) -> Result<(), Refusal> {
        if self.in_use == 0 {
            return Ok(());
        }
        let Self { tickets, in_use, in_use_first } = self;
        let refusal = Refusal::new(Code::TicketsInUse, format!("{in_use} of these {tickets} tickets {detail}"));
        Err(refusal.with_alternatives(json!({ "in_use": in_use, "in_use_first": in_use_first })))
    }
}

/// Deletes them, all or none; with `dry_run` it only says what would be.
///
/// # Errors
/// `not_found`, `performance_archived`, `invalid_field`, `too_many_tickets`, `tickets_in_use`.
pub async fn delete_tickets(
    tx: &mut TenantTx,
    performance: PerformanceId,
    which: &Selection,
    dry_run: bool,
) -> Result<TicketsChanged> {
    which.check()?;
    // Exclusive: a hold on its way is waited for and then seen.
    performances::lock_to_change(tx, performance).await?;
    performances::get(tx, performance).await?;
    let ids = tickets::lock(tx, performance, which).await?;
    // An ended claim too: its hold or order still tells of the ticket.
    let claimed: Vec<TicketId> =
        claims::of_tickets(tx, performance, &ids).await?.into_iter().map(|(ticket, _)| ticket).collect();
    let changed = TicketsChanged::of(ids.len(), &claimed);
    if dry_run {
        return Ok(changed);
    }
    changed.allowed(
        "were held or sold, and nothing was deleted: leave them out. What is free is kept off sale by \
         POST /v1/performances/{performance_id}/blocks. What is sold is given back by POST /v1/orders/{order_id}/refunds, or with all of \
         a performance that does not take place by POST /v1/performances/{performance_id}/cancel. What is over is archived by itself, \
         as many days after its end as archive_after_days of PATCH /v1/reseller says.",
    )?;
    tickets::delete(tx, performance, &ids).await?;
    let version = performances::stock_changed(tx, performance).await?;
    let data = json!({ "id": performance, "deleted": ids.len() });
    let told = event::NewEvent::of("performance.tickets_changed", "performance", performance, version, data);
    event::append(tx, &[told, stock::reload(performance)]).await?;
    Ok(changed)
}
