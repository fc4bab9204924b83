//! The SQL of lanes: finding those worth a look, leasing one, reading what is due to it, recording what came of it.
//!
//! Which lanes are worth a look is read over all tenants by the worker role, which sees ids and times only; everything else
//! happens tenant by tenant. Locks are taken in one order: endpoint, lane, deliveries.

use std::time::Duration;

use foundation::{
    Cell, Instant, Mode, Result, TenantTx,
    event::LoggedEvent,
    id::{EndpointId, ResellerId, ShowId},
};
use tenancy::webhook_endpoints::{EndpointState, PINGED, PayloadVersion};

use crate::attempts::{Attempt, Job, LaneId};

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

impl From<Pending> for Job {
    fn from(pending: Pending) -> Self {
        Self {
            event: pending.event,
            failures: u32::try_from(pending.failures).unwrap_or(0),
            due_at: Some(pending.due_at),
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

/// Events of these positions that the endpoint wants by their type and that were never tried, in the order of the log. Of
/// pings only its own; nothing but pings while it has not answered any.
pub(crate) async fn untried(
    tx: &mut TenantTx,
    endpoint: EndpointId,
    lane: &LaneRow,
    (after, up_to): (i64, i64),
    in_hand: &[i64],
    limit: usize,
) -> Result<Vec<LoggedEvent>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select p.position, p.sequence, e.event_id, e.type, e.object_type, e.object_id, e.version, e.occurred_at, e.data
         from event_positions p
         join events e on e.reseller_id = p.reseller_id and e.event_id = p.event_id
         where p.reseller_id = $1 and p.position > $3 and p.position <= $4 and p.sequence is not null
             and case when e.type = $5 then e.object_id = $2
                      else $6 and (cardinality($7::text[]) = 0 or e.type = any($7)) end
             and p.position <> all($8)
             -- By `offset` it stays a look at one key: as a join it may read all of an endpoint's deliveries.
             and not exists (select from deliveries d
                             where d.reseller_id = $1 and d.endpoint_id = $2 and d.position = p.position offset 0)
         order by p.position limit $9",
    )
    .bind(reseller)
    .bind(endpoint)
    .bind(after)
    .bind(up_to)
    .bind(PINGED)
    .bind(lane.verified)
    .bind(&lane.event_types)
    .bind(in_hand)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(tx.conn())
    .await?)
}

/// Records attempts of a lane that this transaction has locked. What was asked for again while it was under way stays pending.
pub(crate) async fn record(tx: &mut TenantTx, endpoint: EndpointId, attempts: &[Attempt]) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "with done as materialized (
             select t.*, c.now + t.wait_ms * interval '1 millisecond' as due_at
             from unnest($3::bigint[], $4::uuid[], $5::text[], $6::int[], $7::bigint[], $8::timestamptz[],
                         $9::timestamptz[], $10::bigint[], $11::int[], $12::text[], $13::text[])
                 as t (position, event_id, state, failures, wait_ms, was_due_at, attempted_at, duration_ms, status, error,
                       answer_head),
                  (select cell_now() as now) c),
         before as (
             insert into delivery_attempts
                 (reseller_id, endpoint_id, position, attempt, attempted_at, duration_ms, status, error, answer_head)
             select $1, $2, d.position, d.attempts, d.attempted_at, d.duration_ms, d.status, d.error, d.answer_head
             from done t join deliveries d on d.reseller_id = $1 and d.endpoint_id = $2 and d.position = t.position
             where d.attempts > 0),
         again as (
             update deliveries d
             set attempts = d.attempts + 1,
                 state = case when d.due_at = t.was_due_at then t.state else d.state end,
                 failures = case when d.due_at = t.was_due_at then t.failures else d.failures end,
                 due_at = case when d.due_at = t.was_due_at then t.due_at else d.due_at end,
                 attempted_at = t.attempted_at, duration_ms = t.duration_ms, status = t.status, error = t.error,
                 answer_head = t.answer_head
             from done t
             where d.reseller_id = $1 and d.endpoint_id = $2 and d.position = t.position and t.was_due_at is not null)
         insert into deliveries as d (reseller_id, endpoint_id, position, event_id, state, failures, attempts, due_at,
                                      attempted_at, duration_ms, status, error, answer_head)
         select $1, $2, t.position, t.event_id, t.state, t.failures, 1, t.due_at,
                t.attempted_at, t.duration_ms, t.status, t.error, t.answer_head
         from done t where t.was_due_at is null
         on conflict (reseller_id, endpoint_id, position) do update
             set attempts = d.attempts + 1, attempted_at = excluded.attempted_at, duration_ms = excluded.duration_ms,
                 status = excluded.status, error = excluded.error, answer_head = excluded.answer_head",
    )
    .bind(reseller)
    .bind(endpoint)
    .bind(attempts.iter().map(|a| a.job.position()).collect::<Vec<_>>())
    .bind(attempts.iter().map(|a| a.job.event.event_id).collect::<Vec<_>>())
    .bind(attempts.iter().map(|a| a.outcome.state()).collect::<Vec<_>>())
    .bind(attempts.iter().map(|a| i32::try_from(a.failures()).unwrap_or(i32::MAX)).collect::<Vec<_>>())
    .bind(attempts.iter().map(|a| millis(a.outcome.wait())).collect::<Vec<_>>())
    .bind(attempts.iter().map(|a| a.job.due_at).collect::<Vec<_>>())
    .bind(attempts.iter().map(|a| a.at).collect::<Vec<_>>())
    .bind(attempts.iter().map(|a| millis(a.duration)).collect::<Vec<_>>())
    .bind(attempts.iter().map(|a| a.status.map(i32::from)).collect::<Vec<_>>())
    .bind(attempts.iter().map(|a| a.error).collect::<Vec<_>>())
    .bind(attempts.iter().map(|a| a.answer_head.as_str()).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
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

/// Deleted endpoints whose deliveries are not all deleted yet.
pub(crate) async fn deleted_endpoints(cell: &Cell, limit: usize) -> Result<Vec<LaneId>> {
    Ok(sqlx::query_as(
        "select reseller_id, endpoint_id from deleted_endpoints order by reseller_id, endpoint_id limit $1",
    )
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
    if gone < DELIVERIES_PAGE.unsigned_abs() {
        sqlx::query("delete from deleted_endpoints where reseller_id = $1 and endpoint_id = $2")
            .bind(reseller)
            .bind(endpoint)
            .execute(tx.conn())
            .await?;
    }
    Ok(gone)
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
