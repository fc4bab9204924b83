//! Sends one event to one endpoint again.

use foundation::{
    Refusal, Result, TenantTx,
    id::{EndpointId, EventId},
};

use super::{Delivery, DeliveryAttempt, live, log, make_due, wake};

/// Has an event sent to an endpoint now, whatever became of it before and whether or not the endpoint would have been sent it.
/// If it is not taken it is tried again by the schedule, from its beginning.
///
/// # Errors
/// `not_found`, `endpoint_not_enabled`, or the database's.
pub async fn resend(
    tx: &mut TenantTx,
    endpoint: EndpointId,
    event: EventId,
) -> Result<(Delivery, Vec<DeliveryAttempt>)> {
    live(tx, endpoint).await?;
    let reseller = tx.reseller();
    let position: Option<i64> = sqlx::query_scalar(
        "select position from event_positions where reseller_id = $1 and event_id = $2 and sequence is not null",
    )
    .bind(reseller)
    .bind(event)
    .fetch_optional(tx.conn())
    .await?;
    let position = position.ok_or_else(|| Refusal::missing("event"))?;
    wake(tx, endpoint).await?;
    make_due(tx, endpoint, &[(position, event)]).await?;
    log::get(tx, endpoint, event).await
}
