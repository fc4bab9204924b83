//! Moves tickets that nobody has now into another price tier or section, and tells first what it would do, if asked.

use foundation::{
    Refusal, Result, TenantTx, event,
    id::{PerformanceId, TicketId},
};
use serde_json::json;

use super::delete_tickets::TicketsChanged;
use crate::{
    rules::tickets::{Selection, check_section},
    store::{claims, performances, stock, tickets},
};

/// Where tickets are to go; what is not said stays.
#[derive(Debug, Clone, Default)]
pub struct Destination {
    /// The price tier, by name.
    pub price_tier: Option<String>,
    /// The section or area.
    pub section: Option<String>,
}

/// Moves them, all or none; with `dry_run` it only says what would be.
///
/// # Errors
/// `not_found`, `performance_archived`, `invalid_field`, `too_many_tickets`, `seat_twice`, `tickets_in_use`.
pub async fn move_tickets(
    tx: &mut TenantTx,
    performance: PerformanceId,
    which: &Selection,
    to: &Destination,
    dry_run: bool,
) -> Result<TicketsChanged> {
    which.check()?;
    if to.price_tier.is_none() && to.section.is_none() {
        return Err(Refusal::field("/to", "must name a price_tier or a section").into());
    }
    if let Some(section) = &to.section {
        check_section("/to/section", section)?;
    }
    // Exclusive: a hold on its way is waited for and then seen.
    performances::lock_to_change(tx, performance).await?;
    if to.section.is_some() && performances::get(tx, performance).await?.manifest.is_some() {
        let detail = "the performance follows a layout, which says where each ticket is; change the layout instead";
        return Err(Refusal::field("/to/section", detail).into());
    }
    let tiers = performances::price_tiers(tx, performance).await?;
    let tier = match &to.price_tier {
        Some(wanted) => {
            let known = tiers.iter().find(|(_, name)| name == wanted).map(|(id, _)| *id);
            let detail = format!("`{wanted}` is not one of the performance's price_tiers");
            Some(known.ok_or_else(|| Refusal::field("/to/price_tier", detail))?)
        }
        None => None,
    };
    let ids = tickets::lock(tx, performance, which).await?;
    let now = tx.now().await?;
    let live = claims::of_tickets(tx, performance, &ids).await?.into_iter().filter(|(_, until)| *until > now);
    let changed = TicketsChanged::of(ids.len(), &live.map(|(ticket, _)| ticket).collect::<Vec<TicketId>>());
    if dry_run {
        return Ok(changed);
    }
    changed.allowed("are held or sold, and nothing was moved: leave them out, or wait until they are free.")?;
    tickets::put(tx, performance, &ids, tier, to.section.as_deref()).await?;
    let version = performances::stock_changed(tx, performance).await?;
    let data = json!({ "id": performance, "moved": ids.len(), "price_tier": to.price_tier, "section": to.section });
    let told = event::NewEvent::of("performance.tickets_changed", "performance", performance, version, data);
    event::append(tx, &[told, stock::reload(performance)]).await?;
    Ok(changed)
}
