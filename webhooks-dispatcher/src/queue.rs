//! The SQL of the queue: claiming what is due, recording what came of it.
//!
//! A claim is a lease: whoever holds it sends, and records only while the lease is still its own. So a process that stops in
//! the middle delays a delivery by a lease, and one that was merely slow cannot overwrite what another did since.

use std::time::Duration;

use foundation::{
    Cell, Instant, Result,
    event::LoggedEvent,
    id::{EndpointId, EventId, ResellerId},
};

/// A delivery claimed, with all that sending it takes.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Claimed {
    pub(crate) reseller_id: ResellerId,
    pub(crate) endpoint_id: EndpointId,
    /// The attempts recorded before this one.
    pub(crate) attempts: i32,
    /// The lease, by which the record knows its claim.
    pub(crate) leased_until: Instant,
    pub(crate) claimed_at: Instant,
    /// Where the endpoint is now, whatever it was when the event happened.
    pub(crate) url: String,
    pub(crate) secret_sealed: Vec<u8>,
    #[sqlx(flatten)]
    pub(crate) event: LoggedEvent,
}

/// A reseller's endpoint: the deliveries to one are a lane of their own.
pub(crate) type Lane = (ResellerId, EndpointId);

/// What may be claimed.
pub(crate) struct Room<'a> {
    /// Deliveries in all.
    pub(crate) deliveries: usize,
    /// Deliveries under way to one endpoint.
    pub(crate) per_endpoint: usize,
    /// The endpoint of each delivery that is under way already.
    pub(crate) under_way: &'a [EndpointId],
    /// Lanes after this one, so that lanes take turns.
    pub(crate) after: Lane,
    pub(crate) lease: Duration,
}

/// Claims what is due: lane by lane, by a walk over the index that touches each lane once and no backlog.
pub(crate) async fn claim(cell: &Cell, room: &Room<'_>) -> Result<Vec<Claimed>> {
    Ok(sqlx::query_as(
        "with recursive clock as materialized (select clock_timestamp() as now),
         lanes as (
             (select d.reseller_id, d.endpoint_id, d.due_at from deliveries d
              where d.state = 'pending' and (d.reseller_id, d.endpoint_id) > ($1, $2)
              order by d.reseller_id, d.endpoint_id, d.due_at limit 1)
             union all
             select n.reseller_id, n.endpoint_id, n.due_at
             from lanes l cross join lateral (
                 select d.reseller_id, d.endpoint_id, d.due_at from deliveries d
                 where d.state = 'pending' and (d.reseller_id, d.endpoint_id) > (l.reseller_id, l.endpoint_id)
                 order by d.reseller_id, d.endpoint_id, d.due_at limit 1) n),
         busy as (select b.endpoint_id, count(*) as many from unnest($3::uuid[]) b (endpoint_id) group by b.endpoint_id),
         picked as materialized (
             select d.reseller_id, d.endpoint_id, d.event_id, w.url, w.secret_sealed
             from clock c
             join lanes l on l.due_at <= c.now
             join webhook_endpoints w
                 on w.reseller_id = l.reseller_id and w.endpoint_id = l.endpoint_id and w.state = 'enabled'
             left join busy b on b.endpoint_id = l.endpoint_id
             cross join lateral (
                 select p.reseller_id, p.endpoint_id, p.event_id from deliveries p
                 where p.reseller_id = l.reseller_id and p.endpoint_id = l.endpoint_id and p.state = 'pending'
                     and p.due_at <= c.now and p.leased_until <= c.now
                 order by p.due_at, p.position
                 limit greatest($4 - coalesce(b.many, 0), 0) for update skip locked) d
             limit $5),
         leased as (
             update deliveries d set leased_until = c.now + $6 * interval '1 millisecond'
             from picked p, clock c
             where d.reseller_id = p.reseller_id and d.endpoint_id = p.endpoint_id and d.event_id = p.event_id
             returning d.reseller_id, d.endpoint_id, d.event_id, d.position, d.attempts, d.leased_until,
                       c.now as claimed_at, p.url, p.secret_sealed)
         select l.reseller_id, l.endpoint_id, l.event_id, l.position, l.attempts, l.leased_until, l.claimed_at, l.url,
                l.secret_sealed, e.type, e.object_type, e.version, e.occurred_at, e.data
         from leased l join events e on e.reseller_id = l.reseller_id and e.event_id = l.event_id
         order by l.reseller_id, l.endpoint_id, l.position",
    )
    .bind(room.after.0)
    .bind(room.after.1)
    .bind(room.under_way)
    .bind(i64::try_from(room.per_endpoint).unwrap_or(i64::MAX))
    .bind(i64::try_from(room.deliveries).unwrap_or(i64::MAX))
    .bind(millis(room.lease))
    .fetch_all(cell.workers())
    .await?)
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Answered 2xx.
    Delivered,
    /// To be tried again after this long.
    Retry(Duration),
    /// Not to be tried again.
    Failed,
}

/// An attempt to be recorded.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) reseller_id: ResellerId,
    pub(crate) endpoint_id: EndpointId,
    pub(crate) event_id: EventId,
    pub(crate) leased_until: Instant,
    pub(crate) at: Instant,
    pub(crate) duration: Duration,
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<&'static str>,
    pub(crate) answer_head: String,
    pub(crate) outcome: Outcome,
}

/// Records attempts whose lease is still ours. Returns how many those were.
pub(crate) async fn record(cell: &Cell, attempts: &[&Attempt]) -> Result<u64> {
    let column = |of: fn(&Attempt) -> i64| attempts.iter().map(|&attempt| of(attempt)).collect::<Vec<i64>>();
    let recorded = sqlx::query(
        "with done as (
             select t.reseller_id, t.endpoint_id, t.event_id, t.leased_until, t.state, t.wait_ms, t.at, t.duration_ms, t.status,
                    t.error, t.answer_head
             from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[], $6::bigint[], $7::timestamptz[],
                         $8::bigint[], $9::int[], $10::text[], $11::text[])
                 as t (reseller_id, endpoint_id, event_id, leased_until, state, wait_ms, at, duration_ms, status, error,
                       answer_head)),
         ours as (
             update deliveries d
             set state = t.state, attempts = d.attempts + 1, leased_until = '-infinity',
                 due_at = clock_timestamp() + t.wait_ms * interval '1 millisecond'
             from done t
             where d.reseller_id = t.reseller_id and d.endpoint_id = t.endpoint_id and d.event_id = t.event_id
                 and d.state = 'pending' and d.leased_until = t.leased_until
             returning d.reseller_id, d.endpoint_id, d.event_id, d.attempts, t.at, t.duration_ms, t.status, t.error, t.answer_head)
         insert into delivery_attempts
             (reseller_id, endpoint_id, event_id, attempt, at, duration_ms, status, error, answer_head)
         select o.reseller_id, o.endpoint_id, o.event_id, o.attempts, o.at, o.duration_ms, o.status, o.error, o.answer_head
         from ours o",
    )
    .bind(attempts.iter().map(|a| a.reseller_id).collect::<Vec<_>>())
    .bind(attempts.iter().map(|a| a.endpoint_id).collect::<Vec<_>>())
    .bind(attempts.iter().map(|a| a.event_id).collect::<Vec<_>>())
    .bind(attempts.iter().map(|a| a.leased_until).collect::<Vec<_>>())
    .bind(attempts.iter().map(|a| a.outcome.state()).collect::<Vec<_>>())
    .bind(column(|a| millis(a.outcome.wait())))
    .bind(attempts.iter().map(|a| a.at).collect::<Vec<_>>())
    .bind(column(|a| millis(a.duration)))
    .bind(attempts.iter().map(|a| a.status.map(i32::from)).collect::<Vec<_>>())
    .bind(attempts.iter().map(|a| a.error).collect::<Vec<_>>())
    .bind(attempts.iter().map(|a| a.answer_head.as_str()).collect::<Vec<_>>())
    .execute(cell.workers())
    .await?;
    Ok(recorded.rows_affected())
}

/// Disables an endpoint that answered 410 at this address; one that has moved since is left alone.
pub(crate) async fn disable(cell: &Cell, (reseller, endpoint): Lane, url: &str) -> Result<()> {
    sqlx::query(
        "update webhook_endpoints set state = 'disabled', version = version + 1
         where reseller_id = $1 and endpoint_id = $2 and url = $3 and state = 'enabled'",
    )
    .bind(reseller)
    .bind(endpoint)
    .bind(url)
    .execute(cell.workers())
    .await?;
    Ok(())
}

impl Outcome {
    pub(crate) fn state(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Retry(_) => "pending",
            Self::Failed => "failed",
        }
    }

    fn wait(self) -> Duration {
        match self {
            Self::Retry(wait) => wait,
            Self::Delivered | Self::Failed => Duration::ZERO,
        }
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
