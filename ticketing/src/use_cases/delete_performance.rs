//! Deletes a performance that nobody ever held a ticket of.

use foundation::{Code, Refusal, Result, TenantTx, event, id::PerformanceId, version::IfVersion};
use serde_json::json;

use super::stale;
use crate::store::{claims, performances, shows, stock};

/// Deletes the performance of this version with its tickets.
///
/// # Errors
/// `not_found`, `if_match_stale`, `tickets_in_use`.
pub async fn delete_performance(tx: &mut TenantTx, id: PerformanceId, version: impl Into<IfVersion>) -> Result<()> {
    let show = performances::get(tx, id).await?.show;
    shows::lock(tx, show).await?;
    // Exclusive: a hold on its way is waited for and then seen.
    performances::lock(tx, &[id], true).await?;
    let performance = performances::get(tx, id).await?;
    if !version.into().admits(performance.version) {
        return Err(stale().into());
    }
    if claims::any_ever(tx, id).await? {
        let detail = "Tickets of it were held or sold. If it does not take place, cancel it: POST /v1/performances/{performance_id}/cancel. \
                      What is free is kept off sale by POST /v1/performances/{performance_id}/blocks. Once it is over it is archived \
                      by itself, as many days after its end as archive_after_days of PATCH /v1/reseller says.";
        return Err(Refusal::new(Code::TicketsInUse, detail).into());
    }
    performances::delete(tx, id).await?;
    let data = json!({ "id": id, "show_id": show });
    let deleted = event::NewEvent::of("performance.deleted", "performance", id, performance.version + 1, data);
    Ok(event::append(tx, &[deleted, stock::reload(id)]).await?)
}
