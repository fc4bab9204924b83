//! Deletes a show that nobody ever held a ticket of.

use foundation::{Code, Refusal, Result, TenantTx, event, id::ShowId, version::IfVersion};
use serde_json::json;

use super::stale;
use crate::store::{claims, performances, shows, stock};

/// Deletes the show of this version with its performances and tickets.
///
/// # Errors
/// `not_found`, `if_match_stale`, `tickets_in_use`.
pub async fn delete_show(tx: &mut TenantTx, id: ShowId, version: impl Into<IfVersion>) -> Result<()> {
    shows::lock(tx, id).await?;
    let show = shows::get(tx, id).await?;
    let performances: Vec<_> = show.performances.iter().map(|p| p.id).collect();
    // Exclusive: a hold on its way is waited for and then seen.
    performances::lock(tx, &performances, true).await?;
    let mut events = Vec::new();
    for performance in performances {
        if claims::any_ever(tx, performance).await? {
            let detail = "Tickets of it were held or sold. If it does not take place, cancel it: POST /v1/shows/{show_id}/cancel. \
                          What is free is kept off sale by POST /v1/performances/{performance_id}/blocks. What is over is archived \
                          by itself, as many days after its end as archive_after_days of PATCH /v1/reseller says.";
            return Err(Refusal::new(Code::TicketsInUse, detail).into());
        }
        events.push(stock::reload(performance));
    }
    if !version.into().admits(show.version) || !shows::delete(tx, id, show.version).await? {
        return Err(stale().into());
    }
    events.push(event::NewEvent::of("show.deleted", "show", id, show.version + 1, json!({ "id": id })));
    Ok(event::append(tx, &events).await?)
}
