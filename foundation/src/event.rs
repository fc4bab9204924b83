//! The event log: every change that anyone may want to know of, written in the change's own transaction.
//!
//! An event is appended after its object was locked or changed, so that events of one object are in the order of its
//! versions. No buyer's data goes into it beyond ids. Readers follow positions (see [`crate::sequencer`]).

use serde_json::Value;
use uuid::Uuid;

use crate::{
    cell::TenantTx,
    id::{EventId, Id, Kind},
    refusal::Result,
    time::Instant,
};

/// An event to append.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// `noun.verb_past`, such as `order.paid`.
    pub kind: &'static str,
    /// The noun of the object (`order`).
    pub object: &'static str,
    /// The object.
    pub object_id: Uuid,
    /// The object's version after the change; none for the stock of a performance, which has no version.
    pub version: Option<i64>,
    /// The object as it now is: ids, states, amounts; no name, no address.
    pub data: Value,
}

impl NewEvent {
    /// An event of a versioned object.
    pub fn of<K: Kind>(kind: &'static str, object: &'static str, id: Id<K>, version: i64, data: Value) -> Self {
        Self { kind, object, object_id: id.uuid(), version: Some(version), data }
    }
}

/// Appends events in the order given, in the caller's transaction.
///
/// # Errors
/// If the database refuses; an object's version that is in the log already breaks `events_object_version_key`.
pub async fn append(tx: &mut TenantTx, events: &[NewEvent]) -> Result<(), sqlx::Error> {
    if events.is_empty() {
        return Ok(());
    }
    let reseller = tx.reseller();
    let ids: Vec<EventId> = events.iter().map(|_| EventId::new()).collect();
    let kinds: Vec<&str> = events.iter().map(|e| e.kind).collect();
    let objects: Vec<&str> = events.iter().map(|e| e.object).collect();
    let object_ids: Vec<Uuid> = events.iter().map(|e| e.object_id).collect();
    let versions: Vec<Option<i64>> = events.iter().map(|e| e.version).collect();
    let data: Vec<&Value> = events.iter().map(|e| &e.data).collect();
    sqlx::query(
        "with written as (
             insert into events (reseller_id, event_id, type, object_type, object_id, version, occurred_at, data)
             select $1, id, type, object_type, object_id, version, n.now, data
             from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::bigint[], $7::jsonb[])
                      as e (id, type, object_type, object_id, version, data),
                  (select cell_now() as now) n)
         insert into event_inbox (reseller_id, event_id)
         select $1, id from unnest($2::uuid[]) with ordinality as i (id, nth) order by nth",
    )
    .bind(reseller)
    .bind(ids)
    .bind(kinds)
    .bind(objects)
    .bind(object_ids)
    .bind(versions)
    .bind(data)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// An event as it stands in the log.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct LoggedEvent {
    /// Its place in the reseller's log: dense, from 1.
    pub position: i64,
    /// Its id, the same in every delivery.
    pub event_id: EventId,
    /// `noun.verb_past`.
    #[sqlx(rename = "type")]
    pub kind: String,
    /// The noun of the object.
    pub object_type: String,
    /// The object.
    pub object_id: Uuid,
    /// Which event of its object it is: 1, 2, 3 without gaps; none for an internal one.
    pub sequence: Option<i64>,
    /// The object's version after the change.
    pub version: Option<i64>,
    /// When it happened, by the tenant's clock.
    pub occurred_at: Instant,
    /// The object as it then was.
    pub data: Value,
}

/// An object's past: its events in the order of its versions, from this version on, at most so many.
///
/// # Errors
/// If the database does not answer.
pub async fn of_object(tx: &mut TenantTx, object: Uuid, from_version: i64, limit: i64) -> Result<Vec<PastEvent>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select event_id, type, version, occurred_at, data from events
         where reseller_id = $1 and object_id = $2 and version >= $3 order by version limit $4",
    )
    .bind(reseller)
    .bind(object)
    .bind(from_version)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// An event of an object's past, whether it has its place in the log yet or not.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct PastEvent {
    /// Its id.
    pub event_id: EventId,
    /// `noun.verb_past`.
    #[sqlx(rename = "type")]
    pub kind: String,
    /// The object's version after the change.
    pub version: i64,
    /// When it happened, by the tenant's clock.
    pub occurred_at: Instant,
    /// The object as it then was.
    pub data: Value,
}

/// Events that no one outside is told of: they keep the platform's own memories in step.
pub const INTERNAL_PREFIX: &str = "stock.";

/// The most positions that one reading goes through, however many of them are internal.
const AT_ONCE: i64 = 10_000;

/// A piece of the log as it is shown.
#[derive(Debug, Clone)]
pub struct Read {
    /// The events, without the internal ones.
    pub events: Vec<LoggedEvent>,
    /// The position up to which the log was read, internal events included: the next reading goes on after it.
    pub up_to: i64,
}

/// The tenant's events after a position, in order, at most `limit`; the internal ones left out. At the end of the log, and
/// nowhere else, `up_to` is the position that was given.
///
/// # Errors
/// If the database does not answer.
pub async fn after(tx: &mut TenantTx, position: i64, limit: i64) -> Result<Read> {
    let reseller = tx.reseller();
    let last: i64 = sqlx::query_scalar("select coalesce(max(position), 0) from event_positions where reseller_id = $1")
        .bind(reseller)
        .fetch_one(tx.conn())
        .await?;
    // Positions are dense and one writer gives them: whatever came by the next statement is after the last one of this.
    let end = last.min(position.saturating_add(AT_ONCE)).max(position);
    let events: Vec<LoggedEvent> = sqlx::query_as(
        "select p.position, p.sequence, e.event_id, e.type, e.object_type, e.object_id, e.version, e.occurred_at, e.data
         from event_positions p
         -- By `offset` it stays a look at one key: a plan that was made while the log was short would read all of it for each.
         cross join lateral (select * from events e
                             where e.reseller_id = $1 and e.event_id = p.event_id offset 0) e
         where p.reseller_id = $1 and p.position > $2 and p.position <= $3 and e.type not like 'stock.%'
         order by p.position limit $4",
    )
    .bind(reseller)
    .bind(position)
    .bind(end)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    let full = usize::try_from(limit).is_ok_and(|limit| events.len() >= limit);
    let up_to = events.last().filter(|_| full).map_or(end, |last| last.position);
    Ok(Read { events, up_to })
}

/// The tenant's event of this id, once it has its position; an internal one is not there.
///
/// # Errors
/// If the database does not answer.
pub async fn find(tx: &mut TenantTx, id: EventId) -> Result<Option<LoggedEvent>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select p.position, p.sequence, e.event_id, e.type, e.object_type, e.object_id, e.version, e.occurred_at, e.data
         from event_positions p
         join events e on (e.reseller_id, e.event_id) = (p.reseller_id, p.event_id)
         where p.reseller_id = $1 and p.event_id = $2 and p.sequence is not null",
    )
    .bind(reseller)
    .bind(id)
    .fetch_optional(tx.conn())
    .await?)
}
