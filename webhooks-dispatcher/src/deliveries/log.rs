//! Reads the log.

use foundation::{
    Refusal, Result, TenantTx,
    id::{EndpointId, EventId},
    page::{Page, PageOf},
};
use tenancy::webhook_endpoints::get as get_endpoint;

use super::{Delivery, DeliveryAttempt, DeliveryState};

/// The most attempts of one delivery that are shown: the newest.
const ATTEMPTS_SHOWN: i64 = 100;

/// A page of an endpoint's deliveries, those of the newest events first; of one state, if that is asked for.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn list(
    tx: &mut TenantTx,
    endpoint: EndpointId,
    state: Option<DeliveryState>,
    page: &PageOf<i64>,
) -> Result<Page<Delivery>> {
    get_endpoint(tx, endpoint).await?;
    let reseller = tx.reseller();
    let rows: Vec<Delivery> = sqlx::query_as(
        "select d.event_id, e.type, d.position, d.state, d.attempts, d.due_at
         from deliveries d join events e on e.reseller_id = d.reseller_id and e.event_id = d.event_id
         where d.reseller_id = $1 and d.endpoint_id = $2 and ($3::text is null or d.state = $3)
             and ($4::bigint is null or d.position < $4)
         order by d.position desc limit $5",
    )
    .bind(reseller)
    .bind(endpoint)
    .bind(state)
    .bind(page.after)
    .bind(page.fetch_limit())
    .fetch_all(tx.conn())
    .await?;
    Ok(Page::cut(rows, page.limit, |last| last.position))
}

/// One delivery with its attempts, the newest first.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get(tx: &mut TenantTx, endpoint: EndpointId, event: EventId) -> Result<(Delivery, Vec<DeliveryAttempt>)> {
    get_endpoint(tx, endpoint).await?;
    let reseller = tx.reseller();
    let delivery: Option<Delivery> = sqlx::query_as(
        "select d.event_id, e.type, d.position, d.state, d.attempts, d.due_at
         from event_positions p
         join deliveries d on d.reseller_id = p.reseller_id and d.endpoint_id = $2 and d.position = p.position
         join events e on e.reseller_id = p.reseller_id and e.event_id = p.event_id
         where p.reseller_id = $1 and p.event_id = $3",
    )
    .bind(reseller)
    .bind(endpoint)
    .bind(event)
    .fetch_optional(tx.conn())
    .await?;
    let delivery = delivery.ok_or_else(|| Refusal::missing("delivery"))?;
    let attempts = sqlx::query_as(
        "select * from (
             select attempts as attempt, attempted_at as at, duration_ms, status, error, answer_head from deliveries
             where reseller_id = $1 and endpoint_id = $2 and position = $3 and attempts > 0
             union all
             select attempt, attempted_at, duration_ms, status, error, answer_head from delivery_attempts
             where reseller_id = $1 and endpoint_id = $2 and position = $3) a
         order by attempt desc limit $4",
    )
    .bind(reseller)
    .bind(endpoint)
    .bind(delivery.position)
    .bind(ATTEMPTS_SHOWN)
    .fetch_all(tx.conn())
    .await?;
    Ok((delivery, attempts))
}
