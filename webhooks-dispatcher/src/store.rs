//! The SQL of lanes: finding those worth a look, leasing one, reading what is due to it, recording what came of it.
//!
//! Which lanes are worth a look is read over all tenants by the worker role, which sees ids and times only; everything else
//! happens tenant by tenant. Locks are taken in one order: endpoint, lane, deliveries.

use std::{collections::HashSet, time::Duration};

use foundation::{
    Cell, Instant, Mode, Result, TenantTx,
    event::LoggedEvent,
    id::{EndpointId, ResellerId, ShowId},
};
use tenancy::webhook_endpoints::{EndpointState, PINGED, PayloadVersion};

use crate::{
    attempts::{Attempt, Job, LaneId},
    log::Entry,
    payload::Origin,
};

/// Lanes after this one that nobody leases and that have something to do: the log has grown since they last had nothing, or a
/// retry is due. `of` names the resellers to look at; none means all.
pub(crate) async fn worth_a_look(
    cell: &Cell,
    of: Option<&[ResellerId]>,
    after: LaneId,
    limit: usize,
) -> Result<Vec<LaneId>> {
    Ok(sqlx::query_as(
        "select l.reseller_id, l.endpoint_id
         from webhook_lanes l
         join webhook_endpoints w on w.reseller_id = l.reseller_id and w.endpoint_id = l.endpoint_id and w.state = 'enabled'
         left join event_counters n on n.reseller_id = l.reseller_id
         left join test_clocks c on c.reseller_id = l.reseller_id
         cross join (select clock_timestamp() as now) t
         where ($1::uuid[] is null or l.reseller_id = any($1)) and (l.reseller_id, l.endpoint_id) > ($2, $3)
             and l.leased_until <= t.now
             and (l.seen < coalesce(n.position, 0) or l.retry_at <= t.now + coalesce(c.ahead, interval '0'))
         order by l.reseller_id, l.endpoint_id limit $4",
    )
    .bind(of)
    .bind(after.0)
    .bind(after.1)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(cell.workers())
    .await?)
}

/// A lane with its endpoint, as they are in a transaction that has locked the lane.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct LaneRow {
    pub(crate) position: i64,
    pub(crate) seen: i64,
    pub(crate) lease: i64,
    pub(crate) failing_since: Option<Instant>,
    /// The last position of the reseller's log.
    pub(crate) log_end: i64,
    /// The cell's own clock.
    pub(crate) clock: Instant,
    /// The tenant's clock.
    pub(crate) now: Instant,
    pub(crate) mode: Mode,
    pub(crate) url: String,
    pub(crate) event_types: Vec<String>,
    pub(crate) show_ids: Vec<ShowId>,
    pub(crate) state: EndpointState,
    pub(crate) verified: bool,
    pub(crate) payload_version: PayloadVersion,
    pub(crate) ordered: bool,
    pub(crate) max_per_second: Option<i32>,
    pub(crate) headers_sealed: Vec<u8>,
    pub(crate) secrets_sealed: Vec<Vec<u8>>,
    pub(crate) version: i64,
}

/// Locks a lane: under this lease, or, without one, if nobody leases it. None: it is another's by now, or gone.
pub(crate) async fn lock_lane(tx: &mut TenantTx, endpoint: EndpointId, lease: Option<i64>) -> Result<Option<LaneRow>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select l.position, l.seen, l.lease, l.failing_since, coalesce(n.position, 0) as log_end, clock_timestamp() as clock,
                t.now, r.mode, w.url, w.event_types, w.show_ids, w.state, w.verified_at is not null as verified,
                w.payload_version, w.ordered, w.max_per_second, w.headers_sealed, w.version,
                array(select s.secret_sealed from webhook_secrets s
                      where s.reseller_id = $1 and s.endpoint_id = $2 and s.ends_at > t.now
                      order by s.secret_no desc) as secrets_sealed
         from webhook_lanes l
         join webhook_endpoints w on w.reseller_id = l.reseller_id and w.endpoint_id = l.endpoint_id
         join tenants r on r.reseller_id = l.reseller_id
         left join event_counters n on n.reseller_id = l.reseller_id
         cross join (select cell_now() as now) t
         where l.reseller_id = $1 and l.endpoint_id = $2
             and case when $3::bigint is null then l.leased_until <= clock_timestamp() else l.lease = $3 end
         for update of l",
    )
    .bind(reseller)
    .bind(endpoint)
    .bind(lease)
    .fetch_optional(tx.conn())
    .await?)
}

/// Locks the endpoint, before its lane, for what will change it.
pub(crate) async fn lock_endpoint(tx: &mut TenantTx, endpoint: EndpointId) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query("select 1 from webhook_endpoints where reseller_id = $1 and endpoint_id = $2 for update")
        .bind(reseller)
        .bind(endpoint)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// What a lane becomes.
#[derive(Debug)]
pub(crate) struct LaneUpdate {
    pub(crate) position: i64,
    pub(crate) seen: i64,
    pub(crate) lease: i64,
    /// For how long; none: it is given back.
    pub(crate) leased_for: Option<Duration>,
    pub(crate) failing_since: Option<Instant>,
    /// Whether only pings may be sent, so that only they are waited for.
    pub(crate) pings_only: bool,
    pub(crate) ordered: bool,
}

/// Writes a lane that this transaction has locked.
pub(crate) async fn update_lane(tx: &mut TenantTx, endpoint: EndpointId, to: &LaneUpdate) -> Result<()> {
    let reseller = tx.reseller();
    let retry_at = match to.leased_for {
        // Who has the lane knows what is due; whoever finds it after a crash has to look.
        Some(_) => Some(Instant::LONG_AGO),
        None => next_retry(tx, endpoint, to.pings_only, to.ordered).await?,
    };
    sqlx::query(
        "update webhook_lanes
         set position = $3, seen = $4, lease = $5, failing_since = $6, retry_at = coalesce($7, 'infinity'),
             leased_until = case when $8::bigint is null then '-infinity'
                                 else clock_timestamp() + $8 * interval '1 millisecond' end
         where reseller_id = $1 and endpoint_id = $2",
    )
    .bind(reseller)
    .bind(endpoint)
    .bind(to.position)
    .bind(to.seen)
    .bind(to.lease)
    .bind(to.failing_since)
    .bind(retry_at)
    .bind(to.leased_for.map(millis))
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// When the next retry is due: the earliest, or, where none may be passed over, the first in the log.
async fn next_retry(
    tx: &mut TenantTx,
    endpoint: EndpointId,
    pings_only: bool,
    ordered: bool,
) -> Result<Option<Instant>> {
    let reseller = tx.reseller();
    let statement = if ordered {
        "select d.due_at from deliveries d
         where d.reseller_id = $1 and d.endpoint_id = $2 and d.state = 'pending'
             and (not $3 or exists (select from events e
                                    where e.reseller_id = $1 and e.event_id = d.event_id and e.type = $4))
         order by d.position limit 1"
    } else {
        "select d.due_at from deliveries d
         where d.reseller_id = $1 and d.endpoint_id = $2 and d.state = 'pending'
             and (not $3 or exists (select from events e
                                    where e.reseller_id = $1 and e.event_id = d.event_id and e.type = $4))
         order by d.due_at limit 1"
    };
    Ok(sqlx::query_scalar(statement)
        .bind(reseller)
        .bind(endpoint)
        .bind(pings_only)
        .bind(PINGED)
        .fetch_optional(tx.conn())
        .await?)
}

/// A delivery to be tried again.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Pending {
    failures: i32,
    pub(crate) due_at: Instant,
    #[sqlx(flatten)]
    event: LoggedEvent,
}

impl Pending {
    pub(crate) fn job(self, origin: Origin<'_>) -> Job {
        Job {
            event: Entry::of(&self.event, origin),
            failures: u32::try_from(self.failures).unwrap_or(0),
            due_at: Some(self.due_at),
        }
    }
}

/// Deliveries to be tried again: those that are due, the longest due first; of an ordered endpoint the first in the log, due or
/// not. Without those `in_hand`.
pub(crate) async fn pending(
    tx: &mut TenantTx,
    endpoint: EndpointId,
    lane: &LaneRow,
    in_hand: &[i64],
    limit: usize,
) -> Result<Vec<Pending>> {
    let reseller = tx.reseller();
    let statement = if lane.ordered {
        "select d.failures, d.due_at, d.position, p.sequence, e.event_id, e.type, e.object_type, e.object_id, e.version,
                e.occurred_at, e.data
         from deliveries d
         join events e on e.reseller_id = d.reseller_id and e.event_id = d.event_id
         join event_positions p on p.reseller_id = d.reseller_id and p.position = d.position
         where d.reseller_id = $1 and d.endpoint_id = $2 and d.state = 'pending' and d.position <> all($3)
             and ($4 or e.type = $5) and $6::timestamptz is not null
         order by d.position limit $7"
    } else {
        "select d.failures, d.due_at, d.position, p.sequence, e.event_id, e.type, e.object_type, e.object_id, e.version,
                e.occurred_at, e.data
         from deliveries d
         join events e on e.reseller_id = d.reseller_id and e.event_id = d.event_id
         join event_positions p on p.reseller_id = d.reseller_id and p.position = d.position
         where d.reseller_id = $1 and d.endpoint_id = $2 and d.state = 'pending' and d.position <> all($3)
             and ($4 or e.type = $5) and d.due_at <= $6
         order by d.due_at, d.position limit $7"
    };
    Ok(sqlx::query_as(statement)
        .bind(reseller)
        .bind(endpoint)
        .bind(in_hand)
        .bind(lane.verified)
        .bind(PINGED)
        .bind(lane.now)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(tx.conn())
        .await?)
}

/// The events of these positions, without the internal ones, in the order of the log.
pub(crate) async fn logged(tx: &mut TenantTx, after: i64, up_to: i64) -> Result<Vec<LoggedEvent>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select p.position, p.sequence, e.event_id, e.type, e.object_type, e.object_id, e.version, e.occurred_at, e.data
         from event_positions p
         -- By `offset` it stays a look at one key: a plan that was made while the log was short would read all of it for each.
         cross join lateral (select * from events e
                             where e.reseller_id = $1 and e.event_id = p.event_id offset 0) e
         where p.reseller_id = $1 and p.position > $2 and p.position <= $3 and p.sequence is not null
         order by p.position",
    )
    .bind(reseller)
    .bind(after)
    .bind(up_to)
    .fetch_all(tx.conn())
    .await?)
}

/// An endpoint's pings after this position that were never tried.
pub(crate) async fn pings(tx: &mut TenantTx, endpoint: EndpointId, after: i64) -> Result<Vec<LoggedEvent>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select p.position, p.sequence, e.event_id, e.type, e.object_type, e.object_id, e.version, e.occurred_at, e.data
         from event_positions p
         join events e on e.reseller_id = p.reseller_id and e.event_id = p.event_id
         where p.reseller_id = $1 and p.object_id = $2 and p.sequence is not null and p.position > $3 and e.type = $4
             and not exists (select from deliveries d
                             where d.reseller_id = $1 and d.endpoint_id = $2 and d.position = p.position offset 0)
         order by p.sequence limit $5",
    )
    .bind(reseller)
    .bind(endpoint)
    .bind(after)
    .bind(PINGED)
    .bind(PINGS)
    .fetch_all(tx.conn())
    .await?)
}

/// The most pings that one reading finds.
const PINGS: i64 = 100;

/// Which of these positions an endpoint was sent already, or is to be sent again.
pub(crate) async fn tried(tx: &mut TenantTx, endpoint: EndpointId, (after, up_to): (i64, i64)) -> Result<HashSet<i64>> {
    let reseller = tx.reseller();
    let positions: Vec<i64> = sqlx::query_scalar(
        "select position from deliveries
         where reseller_id = $1 and endpoint_id = $2 and position > $3 and position <= $4",
    )
    .bind(reseller)
    .bind(endpoint)
    .bind(after)
    .bind(up_to)
    .fetch_all(tx.conn())
    .await?;
    Ok(positions.into_iter().collect())
}

/// Records attempts of a lane that this transaction has locked. What was asked for again while it was under way stays pending.
pub(crate) async fn record(tx: &mut TenantTx, endpoint: EndpointId, attempts: &[Attempt]) -> Result<()> {
    let (first, again): (Vec<&Attempt>, Vec<&Attempt>) = attempts.iter().partition(|a| a.job.due_at.is_none());
    let written = if first.is_empty() { HashSet::new() } else { record_first(tx, endpoint, &first).await? };
    // What has its row by now was asked for again while it was under way.
    let overtaken = first.into_iter().filter(|a| !written.contains(&a.job.position()));
    let again: Vec<&Attempt> = again.into_iter().chain(overtaken).collect();
    if again.is_empty() { Ok(()) } else { record_again(tx, endpoint, &again).await }
}

/// Writes the deliveries of first attempts, and gives the positions of those that had none yet.
async fn record_first(tx: &mut TenantTx, endpoint: EndpointId, attempts: &[&Attempt]) -> Result<HashSet<i64>> {
    let reseller = tx.reseller();
    let written: Vec<i64> = sqlx::query_scalar(
        "insert into deliveries (reseller_id, endpoint_id, position, event_id, state, failures, attempts, due_at,
                                 attempted_at, duration_ms, status, error, answer_head)
         select $1, $2, t.position, t.event_id, t.state, t.failures, 1, c.now + t.wait_ms * interval '1 millisecond',
                t.attempted_at, t.duration_ms, t.status, t.error, t.answer_head
         from unnest($3::bigint[], $4::uuid[], $5::text[], $6::int[], $7::bigint[], $8::timestamptz[], $9::bigint[],
                     $10::int[], $11::text[], $12::text[])
                  as t (position, event_id, state, failures, wait_ms, attempted_at, duration_ms, status, error, answer_head),
              (select cell_now() as now) c
         on conflict (reseller_id, endpoint_id, position) do nothing
         returning position",
    )
    .bind(reseller)
    .bind(endpoint)
    .bind(each(attempts, |a| a.job.position()))
    .bind(each(attempts, |a| a.job.event.event_id))
    .bind(each(attempts, |a| a.outcome.state()))
    .bind(each(attempts, |a| i32::try_from(a.failures()).unwrap_or(i32::MAX)))
    .bind(each(attempts, |a| millis(a.outcome.wait())))
    .bind(each(attempts, |a| a.at))
    .bind(each(attempts, |a| millis(a.duration)))
    .bind(each(attempts, |a| a.status.map(i32::from)))
    .bind(each(attempts, |a| a.error))
    .bind(each(attempts, |a| a.answer_head.as_str()))
    .fetch_all(tx.conn())
    .await?;
    Ok(written.into_iter().collect())
}

/// Writes attempts of deliveries that have their row; the attempts before them become history.
async fn record_again(tx: &mut TenantTx, endpoint: EndpointId, attempts: &[&Attempt]) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        // By the array of positions it stays a look at each key: as a join it may read all of an endpoint's deliveries.
        "with before as (
             insert into delivery_attempts
                 (reseller_id, endpoint_id, position, attempt, attempted_at, duration_ms, status, error, answer_head)
             select $1, $2, d.position, d.attempts, d.attempted_at, d.duration_ms, d.status, d.error, d.answer_head
             from deliveries d
             where d.reseller_id = $1 and d.endpoint_id = $2 and d.position = any($3) and d.attempts > 0)
         update deliveries d
         set attempts = d.attempts + 1,
             state = case when d.due_at = t.was_due_at then t.state else d.state end,
             failures = case when d.due_at = t.was_due_at then t.failures else d.failures end,
             due_at = case when d.due_at = t.was_due_at then c.now + t.wait_ms * interval '1 millisecond' else d.due_at end,
             attempted_at = t.attempted_at, duration_ms = t.duration_ms, status = t.status, error = t.error,
             answer_head = t.answer_head
         from unnest($3::bigint[], $4::text[], $5::int[], $6::bigint[], $7::timestamptz[], $8::timestamptz[], $9::bigint[],
                     $10::int[], $11::text[], $12::text[])
                  as t (position, state, failures, wait_ms, was_due_at, attempted_at, duration_ms, status, error, answer_head),
              (select cell_now() as now) c
         where d.reseller_id = $1 and d.endpoint_id = $2 and d.position = any($3) and d.position = t.position",
    )
    .bind(reseller)
    .bind(endpoint)
    .bind(each(attempts, |a| a.job.position()))
    .bind(each(attempts, |a| a.outcome.state()))
    .bind(each(attempts, |a| i32::try_from(a.failures()).unwrap_or(i32::MAX)))
    .bind(each(attempts, |a| millis(a.outcome.wait())))
    .bind(each(attempts, |a| a.job.due_at))
    .bind(each(attempts, |a| a.at))
    .bind(each(attempts, |a| millis(a.duration)))
    .bind(each(attempts, |a| a.status.map(i32::from)))
    .bind(each(attempts, |a| a.error))
    .bind(each(attempts, |a| a.answer_head.as_str()))
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// One column of attempts.
fn each<'a, T>(attempts: &[&'a Attempt], column: impl Fn(&'a Attempt) -> T) -> Vec<T> {
    attempts.iter().map(|attempt| column(attempt)).collect()
}

/// Lanes after this one, over all tenants.
pub(crate) async fn lanes_after(cell: &Cell, after: LaneId, limit: usize) -> Result<Vec<LaneId>> {
    Ok(sqlx::query_as(
        "select reseller_id, endpoint_id from webhook_lanes where (reseller_id, endpoint_id) > ($1, $2)
         order by reseller_id, endpoint_id limit $3",
    )
    .bind(after.0)
    .bind(after.1)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(cell.workers())
    .await?)
}

/// The most deliveries that one transaction forgets.
pub(crate) const DELIVERIES_PAGE: i64 = 1_000;

/// Deletes those of an endpoint's first deliveries that ended longer ago than this, with their attempts, and notes up to where in
/// the log that was. Returns how many.
pub(crate) async fn forget(tx: &mut TenantTx, endpoint: EndpointId, kept: Duration) -> Result<u64> {
    let reseller = tx.reseller();
    // Only the first page is looked at: what is behind it is younger, but for what was sent again since.
    let old: Vec<i64> = sqlx::query_scalar(
        "select f.position from (select position, state, due_at from deliveries
                                 where reseller_id = $1 and endpoint_id = $2 order by position limit $4) f
         where f.state <> 'pending' and f.due_at < cell_now() - $3 * interval '1 millisecond'",
    )
    .bind(reseller)
    .bind(endpoint)
    .bind(millis(kept))
    .bind(DELIVERIES_PAGE)
    .fetch_all(tx.conn())
    .await?;
    let Some(last) = old.iter().max() else { return Ok(0) };
    // The lane before its deliveries, in the order of locks.
    sqlx::query(
        "update webhook_lanes set forgotten_to = greatest(forgotten_to, $3) where reseller_id = $1 and endpoint_id = $2",
    )
    .bind(reseller)
    .bind(endpoint)
    .bind(last)
    .execute(tx.conn())
    .await?;
    let gone = sqlx::query(
        "with gone as (
             delete from deliveries
             where reseller_id = $1 and endpoint_id = $2 and position = any($3) and state <> 'pending'
                 and due_at < cell_now() - $4 * interval '1 millisecond'
             returning position),
         attempts as (
             delete from delivery_attempts
             where reseller_id = $1 and endpoint_id = $2 and position in (select position from gone))
         select 1 from gone",
    )
    .bind(reseller)
    .bind(endpoint)
    .bind(&old)
    .bind(millis(kept))
    .execute(tx.conn())
    .await?;
    Ok(gone.rows_affected())
}

/// Deleted endpoints whose deliveries are not all deleted yet, without these.
pub(crate) async fn deleted_endpoints(cell: &Cell, without: &[EndpointId], limit: usize) -> Result<Vec<LaneId>> {
    Ok(sqlx::query_as(
        "select reseller_id, endpoint_id from deleted_endpoints where endpoint_id <> all($1)
         order by reseller_id, endpoint_id limit $2",
    )
    .bind(without)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(cell.workers())
    .await?)
}

/// Deletes a page of a deleted endpoint's deliveries with their attempts; when there are none left, the note of it. Returns how many
/// deliveries.
pub(crate) async fn clear(tx: &mut TenantTx, endpoint: EndpointId) -> Result<u64> {
    let reseller = tx.reseller();
    let gone = sqlx::query(
        "with page as materialized (
             select position from deliveries where reseller_id = $1 and endpoint_id = $2 order by position limit $3),
         attempts as (
             delete from delivery_attempts
             where reseller_id = $1 and endpoint_id = $2 and position <= (select max(position) from page))
         delete from deliveries where reseller_id = $1 and endpoint_id = $2 and position <= (select max(position) from page)",
    )
    .bind(reseller)
    .bind(endpoint)
    .bind(DELIVERIES_PAGE)
    .execute(tx.conn())
    .await?
    .rows_affected();
    // Not when this page was short: another process may have deleted it while this one waited, and there is more behind it.
    sqlx::query(
        "delete from deleted_endpoints where reseller_id = $1 and endpoint_id = $2
             and not exists (select from deliveries where reseller_id = $1 and endpoint_id = $2)",
    )
    .bind(reseller)
    .bind(endpoint)
    .execute(tx.conn())
    .await?;
    Ok(gone)
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
