//! Sends a piece of the log to one endpoint again.

use std::collections::{HashMap, HashSet};

use foundation::{
    Result, TenantTx,
    id::{EndpointId, EventId, ShowId},
    refusal::FieldErrors,
};
use serde_json::Value;
use tenancy::webhook_endpoints::{Endpoint, PINGED};
use uuid::Uuid;

use super::{live, make_due, wake};
use crate::shows;

/// Which events of a piece of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplayOf {
    /// Those that were never taken: failed, still pending, or never sent. What became of a delivery is known for 90 days.
    #[default]
    Undelivered,
    /// Those that were not taken to the end of the schedule.
    Failed,
    /// All that the endpoint wants, those that it has taken too.
    All,
}

/// A piece of the log, and what of it.
#[derive(Debug, Clone, Copy)]
pub struct Replay {
    /// Events after this position.
    pub after: i64,
    /// Events up to this position; none: up to where the endpoint is.
    pub up_to: Option<i64>,
    /// Which of them.
    pub of: ReplayOf,
}

/// What was done of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    /// How many events are due again.
    pub queued: u64,
    /// Up to where in the log that was.
    pub next_after: i64,
    /// Whether that was all: if not, the next call goes on after `next_after`.
    pub complete: bool,
}

/// The most positions that one call goes through: the rest is for the next.
const POSITIONS: i64 = 10_000;

/// Has what an endpoint wants of a piece of the log sent to it again, an ordered one in the order of the log. It does at most ten
/// thousand positions of the log, and says where it stopped.
///
/// # Errors
/// `invalid_field`, `not_found`, `endpoint_not_enabled`, or the database's.
pub async fn replay(tx: &mut TenantTx, id: EndpointId, replay: Replay) -> Result<Replayed> {
    let mut fields = FieldErrors::default();
    fields.check(replay.after >= 0, "/after", "must be a position of the log, or 0 for its beginning");
    fields.check(replay.up_to.is_none_or(|end| end > replay.after), "/up_to", "must be a position after `after`");
    fields.done()?;
    let endpoint = live(tx, id).await?;
    let reached = wake(tx, id).await?;
    let wanted_to = replay.up_to.unwrap_or(reached).min(reached).max(replay.after);
    let end = wanted_to.min(replay.after.saturating_add(POSITIONS));
    let found = select(tx, &endpoint, replay, end).await?;
    let events = of_its_shows(tx, &endpoint, found).await?;
    let queued = make_due(tx, id, &events).await?;
    Ok(Replayed { queued, next_after: end, complete: end == wanted_to })
}

#[derive(sqlx::FromRow)]
struct Row {
    position: i64,
    event_id: EventId,
    object_type: String,
    object_id: Uuid,
    data: Value,
}

impl Row {
    fn subject(&self) -> (&str, Uuid) {
        shows::subject(&self.object_type, self.object_id, &self.data)
    }
}

async fn select(tx: &mut TenantTx, endpoint: &Endpoint, replay: Replay, end: i64) -> Result<Vec<Row>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select p.position, p.event_id, e.object_type, e.object_id, e.data
         from event_positions p
         cross join lateral (select * from events e where e.reseller_id = $1 and e.event_id = p.event_id offset 0) e
         join webhook_lanes l on l.reseller_id = p.reseller_id and l.endpoint_id = $2
         -- By `offset` it stays a look at one key: as a join it reads all of an endpoint's deliveries for each of its positions.
         left join lateral (select d.state from deliveries d
                            where d.reseller_id = $1 and d.endpoint_id = $2 and d.position = p.position offset 0) d on true
         where p.reseller_id = $1 and p.position > $3 and p.position <= $4 and p.sequence is not null and e.type <> $5
             and (cardinality($6::text[]) = 0 or e.type = any($6))
             and case $7 when 'all' then true when 'failed' then d.state = 'failed'
                         else d.state <> 'delivered' or (d.state is null and p.position > l.forgotten_to) end
         order by p.position",
    )
    .bind(reseller)
    .bind(endpoint.id)
    .bind(replay.after)
    .bind(end)
    .bind(PINGED)
    .bind(&endpoint.event_types)
    .bind(match replay.of {
        ReplayOf::Undelivered => "undelivered",
        ReplayOf::Failed => "failed",
        ReplayOf::All => "all",
    })
    .fetch_all(tx.conn())
    .await?)
}

async fn of_its_shows(tx: &mut TenantTx, endpoint: &Endpoint, rows: Vec<Row>) -> Result<Vec<(i64, EventId)>> {
    let mut shows: HashMap<Uuid, HashSet<ShowId>> = HashMap::new();
    if !endpoint.show_ids.is_empty() && !rows.is_empty() {
        let objects: Vec<_> = rows.iter().map(Row::subject).collect();
        shows = ticketing::store::shows_of::shows_of(tx, &objects).await?;
    }
    let wanted = |row: &&Row| {
        let of = shows.get(&row.subject().1);
        of.is_none_or(|of| endpoint.show_ids.is_empty() || endpoint.show_ids.iter().any(|show| of.contains(show)))
    };
    Ok(rows.iter().filter(wanted).map(|row| (row.position, row.event_id)).collect())
}
