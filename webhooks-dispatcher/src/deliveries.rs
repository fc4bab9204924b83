//! The log of deliveries, for their endpoint's owner: what was sent, what came of each attempt; and sending again.
//!
//! It never sends anything itself: what is to be sent again is made due, and the endpoint's lane sends it.

mod log;
mod replay;
mod resend;

use foundation::{
    Code, Instant, Refusal, Result, TenantTx,
    id::{EndpointId, EventId},
};
use tenancy::webhook_endpoints::{Endpoint, EndpointState, get as get_endpoint};

pub use self::{
    log::{get, list},
    replay::{Replay, ReplayOf, Replayed, replay},
    resend::resend,
};

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum DeliveryState {
    /// Not taken yet; it is tried again.
    Pending,
    /// Answered 2xx.
    Delivered,
    /// Not taken to the end of the schedule.
    Failed,
}

/// One event sent to one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Delivery {
    /// The event, whose id is the `webhook-id`.
    pub event_id: EventId,
    /// The event's type.
    #[sqlx(rename = "type")]
    pub kind: String,
    /// The event's place in the log.
    pub position: i64,
    /// What became of it.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: i32,
    /// When it is tried again, if it is, by the tenant's clock.
    pub due_at: Instant,
}

/// One try.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DeliveryAttempt {
    /// Counts from 1.
    pub attempt: i32,
    /// When, by the tenant's clock.
    pub at: Instant,
    /// How long it took to the end of the answer, in milliseconds.
    pub duration_ms: i32,
    /// The HTTP status that was answered; none if none was.
    pub status: Option<i32>,
    /// Why none was answered.
    pub error: Option<String>,
    /// The first 8 kB of the answer.
    pub answer_head: String,
}

/// The endpoint, if it is one that gets events now.
async fn live(tx: &mut TenantTx, id: EndpointId) -> Result<Endpoint> {
    let endpoint = get_endpoint(tx, id).await?;
    if endpoint.state != EndpointState::Enabled || endpoint.verified_at.is_none() {
        let detail = "The endpoint has to be enabled, and to have answered its ping, before anything is sent again.";
        return Err(Refusal::new(Code::EndpointNotEnabled, detail).into());
    }
    Ok(endpoint)
}

/// Locks the lane and has it looked at; gives how far it is. Before the deliveries, in the order of locks.
async fn wake(tx: &mut TenantTx, id: EndpointId) -> Result<i64> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "update webhook_lanes set retry_at = '-infinity' where reseller_id = $1 and endpoint_id = $2 returning position",
    )
    .bind(reseller)
    .bind(id)
    .fetch_one(tx.conn())
    .await?)
}

/// Makes deliveries due now, from the beginning of the schedule; those that were never sent are written.
async fn make_due(tx: &mut TenantTx, id: EndpointId, events: &[(i64, EventId)]) -> Result<u64> {
    let reseller = tx.reseller();
    let (positions, event_ids): (Vec<i64>, Vec<EventId>) = events.iter().copied().unzip();
    let done = sqlx::query(
        "insert into deliveries as d (reseller_id, endpoint_id, position, event_id, state, failures, attempts, due_at)
         select $1, $2, e.position, e.event_id, 'pending', 0, 0, n.now
         from unnest($3::bigint[], $4::uuid[]) as e (position, event_id), (select cell_now() as now) n
         on conflict (reseller_id, endpoint_id, position) do update
             set state = 'pending', failures = 0, due_at = excluded.due_at",
    )
    .bind(reseller)
    .bind(id)
    .bind(positions)
    .bind(event_ids)
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}
