//! A lane's one transaction: it records what was sent, keeps or gives back the lease, and reads what is to be sent next.

use std::{sync::Arc, time::Duration};

use foundation::{Instant, Result, TenantTx, id::EndpointId};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tenancy::webhook_endpoints::{DisabledReason, EndpointState, disable, open_headers, url, verified};

use crate::{
    Works,
    attempts::{Attempt, Endpoint, Job, LaneId, Outcome},
    log::Entry,
    payload::Origin,
    send::GONE,
    signature::SigningKey,
    store::{self, LaneRow, LaneUpdate},
};

/// How long an endpoint may take nothing before it is disabled.
const PATIENCE: Duration = Duration::from_hours(120);
/// The most positions that one reading goes through, however few of them are wanted.
const POSITIONS: i64 = 1_024;

/// What a lane brings to its desk.
#[derive(Debug, Default)]
pub(crate) struct Brought {
    /// The lease; none to take one.
    pub(crate) lease: Option<i64>,
    /// What came of what was sent.
    pub(crate) attempts: Vec<Attempt>,
    /// Up to where it has read.
    pub(crate) read_to: Option<i64>,
    /// The first position that it has read and not recorded, if there is one beside `attempts`.
    pub(crate) first_open: Option<i64>,
    /// What it still has in hand beside `attempts`.
    pub(crate) in_hand: Vec<i64>,
    /// How much it would take.
    pub(crate) room: usize,
    /// Whether it gives the lane back in any case.
    pub(crate) ending: bool,
}

/// What it takes away.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) lease: i64,
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) read_to: i64,
    /// Whether there may be more to read.
    pub(crate) more: bool,
    /// Whether the endpoint has taken nothing lately.
    pub(crate) failing: bool,
    /// Whether the lane was given back.
    pub(crate) over: bool,
    /// The cell's own clock and the tenant's, as they were.
    pub(crate) clock: Instant,
    pub(crate) now: Instant,
}

/// Does all of it in one transaction. None: the lane is another's by now; what was brought is not recorded, and is sent again by
/// whoever has it.
pub(crate) async fn turn(works: &Works, (reseller, id): LaneId, brought: &Brought) -> Result<Option<Taken>> {
    // It cannot be closed: nothing closes it.
    let _place = works.desk.acquire().await.ok();
    let mut tx = works.cell.tenant(reseller).await?;
    let verdict = Verdict::of(&brought.attempts);
    if verdict.may_change_the_endpoint() {
        store::lock_endpoint(&mut tx, id).await?;
    }
    let Some(mut lane) = store::lock_lane(&mut tx, id, brought.lease).await? else { return Ok(None) };
    if !brought.attempts.is_empty() {
        store::record(&mut tx, id, &brought.attempts).await?;
        judge(&mut tx, &mut lane, id, &verdict).await?;
    }
    let enabled = lane.state == EndpointState::Enabled;
    let read_to = brought.read_to.unwrap_or(lane.position);
    let reading = if enabled && brought.room > 0 && !brought.ending {
        read(works, &mut tx, &lane, id, read_to, brought).await?
    } else {
        Reading { jobs: Vec::new(), read_to, more: false }
    };
    let idle = brought.in_hand.is_empty() && reading.jobs.is_empty();
    let over = idle && (brought.ending || !enabled || (brought.room > 0 && !reading.more));
    let first_open =
        brought.first_open.or_else(|| reading.jobs.iter().find(|job| job.due_at.is_none()).map(Job::position));
    let update = LaneUpdate {
        // Pings are read out of turn.
        position: if lane.verified {
            first_open.map_or(reading.read_to, |open| open - 1).max(lane.position)
        } else {
            lane.position
        },
        seen: if over && enabled && !brought.ending { lane.log_end } else { lane.seen.min(lane.position) },
        lease: lane.lease + i64::from(brought.lease.is_none()),
        leased_for: (!over).then_some(works.settings.lease),
        failing_since: lane.failing_since,
        pings_only: !lane.verified,
        ordered: lane.ordered,
    };
    store::update_lane(&mut tx, id, &update).await?;
    tx.commit().await?;
    Ok(Some(Taken {
        lease: update.lease,
        jobs: reading.jobs,
        read_to: reading.read_to,
        more: reading.more,
        failing: lane.failing_since.is_some(),
        over,
        clock: lane.clock,
        now: lane.now,
        endpoint: Arc::new(endpoint(works, (reseller, id), &lane)),
    }))
}

/// What attempts say about their endpoint.
#[derive(Debug, Default)]
struct Verdict<'a> {
    /// One that was answered 410.
    gone: Option<&'a Attempt>,
    /// A ping that was taken.
    answered_ping: Option<&'a Attempt>,
    taken: bool,
    first_failure: Option<&'a Attempt>,
}

impl<'a> Verdict<'a> {
    fn of(attempts: &'a [Attempt]) -> Self {
        let delivered = |a: &&Attempt| a.outcome == Outcome::Delivered;
        Self {
            gone: attempts.iter().find(|a| a.status == Some(GONE)),
            answered_ping: attempts.iter().filter(delivered).find(|a| a.job.is_ping()),
            taken: attempts.iter().any(|a| delivered(&a)),
            first_failure: attempts.iter().find(|a| !delivered(a)),
        }
    }

    fn may_change_the_endpoint(&self) -> bool {
        // After a failure it may turn out that there have been none but failures for too long.
        self.gone.is_some() || self.answered_ping.is_some() || (self.first_failure.is_some() && !self.taken)
    }
}

/// Draws the consequences: verified, failing, disabled.
async fn judge(tx: &mut TenantTx, lane: &mut LaneRow, id: EndpointId, verdict: &Verdict<'_>) -> Result<()> {
    if let Some(ping) = verdict.answered_ping
        && ping.endpoint.url == lane.url
        && !lane.verified
    {
        verified(tx, id, &lane.url).await?;
        (lane.verified, lane.version) = (true, lane.version + 1);
    }
    if verdict.taken {
        lane.failing_since = None;
    } else if let Some(failure) = verdict.first_failure {
        lane.failing_since = lane.failing_since.or(Some(failure.at));
    }
    let too_long = !verdict.taken && lane.failing_since.is_some_and(|since| lane.now.since(since) >= PATIENCE);
    let reason = match (verdict.gone, verdict.first_failure) {
        (Some(gone), _) if gone.endpoint.url == lane.url => DisabledReason::Gone,
        (_, Some(failure)) if too_long && failure.endpoint.url == lane.url => DisabledReason::Failing,
        _ => return Ok(()),
    };
    if disable(tx, id, &lane.url, reason, lane.failing_since).await? {
        lane.state = EndpointState::Disabled;
    }
    Ok(())
}

#[derive(Debug)]
struct Reading {
    jobs: Vec<Job>,
    read_to: i64,
    more: bool,
}

/// Reads what is due: retries first, then what was never tried. Of an ordered endpoint nothing is read past a retry.
async fn read(
    works: &Works,
    tx: &mut TenantTx,
    lane: &LaneRow,
    id: EndpointId,
    read_to: i64,
    brought: &Brought,
) -> Result<Reading> {
    let origin = Origin { region: works.cell.region(), mode: lane.mode };
    let pending = store::pending(tx, id, lane, &brought.in_hand, brought.room).await?;
    if lane.ordered && !pending.is_empty() {
        let due = pending.into_iter().take_while(|one| one.due_at <= lane.now);
        let jobs: Vec<Job> = due.map(|one| one.job(origin)).collect();
        let more = !jobs.is_empty();
        return Ok(Reading { jobs, read_to, more });
    }
    let mut jobs: Vec<Job> = pending.into_iter().map(|one| one.job(origin)).collect();
    let room = brought.room - jobs.len();
    let (untried, read_to) = if lane.verified {
        untried(works, tx, lane, id, read_to, brought, room).await?
    } else {
        // What else there is is read once it has answered.
        let pings = store::pings(tx, id, lane.position).await?;
        let pings = pings.iter().filter(|ping| !brought.in_hand.contains(&ping.position)).take(room);
        (pings.map(|ping| Entry::of(ping, origin)).collect(), read_to)
    };
    let more = if lane.verified { read_to < lane.log_end || room == 0 } else { untried.len() >= room };
    jobs.extend(untried.into_iter().map(|event| Job { event, failures: 0, due_at: None }));
    Ok(Reading { jobs, read_to, more })
}

/// What the endpoint wants of the log after `read_to` and was never sent, as much as there is room for; and up to where that is.
async fn untried(
    works: &Works,
    tx: &mut TenantTx,
    lane: &LaneRow,
    id: EndpointId,
    read_to: i64,
    brought: &Brought,
    room: usize,
) -> Result<(Vec<Arc<Entry>>, i64)> {
    let origin = Origin { region: works.cell.region(), mode: lane.mode };
    let end = lane.log_end.min(read_to.saturating_add(POSITIONS)).max(read_to);
    let (mut found, mut at) = (Vec::new(), read_to);
    if room == 0 || end == read_to {
        return Ok((found, at));
    }
    let mut passed = store::tried(tx, id, (read_to, end)).await?;
    passed.extend(&brought.in_hand);
    while at < end && found.len() < room {
        let (entries, to) = works.log.after(tx, origin, at, end).await?;
        let wanted = entries.into_iter().filter(|entry| wants(lane, id, entry) && !passed.contains(&entry.position));
        found.extend(wanted);
        at = to;
    }
    if found.len() > room {
        found.truncate(room);
        at = found.last().map_or(at, |last| last.position);
    }
    Ok((of_its_shows(tx, lane, found).await?, at))
}

/// Whether an endpoint wants an event by its type. Of pings it wants its own.
fn wants(lane: &LaneRow, id: EndpointId, entry: &Entry) -> bool {
    match entry.pinged {
        Some(pinged) => pinged == id.uuid(),
        None => lane.event_types.is_empty() || lane.event_types.contains(&entry.kind),
    }
}

/// Leaves out what happened to other shows only. What is of no show stays.
async fn of_its_shows(tx: &mut TenantTx, lane: &LaneRow, entries: Vec<Arc<Entry>>) -> Result<Vec<Arc<Entry>>> {
    if lane.show_ids.is_empty() || entries.is_empty() {
        return Ok(entries);
    }
    let objects: Vec<_> = entries.iter().map(|entry| (entry.subject.0.as_str(), entry.subject.1)).collect();
    let shows_of = ticketing::store::shows_of::shows_of(tx, &objects).await?;
    let wanted = |entry: &Arc<Entry>| {
        shows_of.get(&entry.subject.1).is_none_or(|of| lane.show_ids.iter().any(|show| of.contains(show)))
    };
    Ok(entries.into_iter().filter(wanted).collect())
}

/// The endpoint as it is sent to. What does not open leaves it without keys, and every attempt says so.
fn endpoint(works: &Works, (reseller, id): LaneId, lane: &LaneRow) -> Endpoint {
    let sealer = works.cell.sealer();
    let key = |sealed: &Vec<u8>| {
        let text = sealer.open(reseller, sealed).ok()?;
        SigningKey::parse(std::str::from_utf8(&text).ok()?).ok()
    };
    let keys: Option<Vec<SigningKey>> = lane.secrets_sealed.iter().map(key).collect();
    let headers = open_headers(sealer, reseller, &lane.headers_sealed).ok().and_then(|headers| {
        let header = |(name, value): (&String, &String)| {
            Some((HeaderName::try_from(name.as_str()).ok()?, HeaderValue::try_from(value.as_str()).ok()?))
        };
        headers.iter().map(header).collect::<Option<HeaderMap>>()
    });
    if keys.as_ref().is_none_or(Vec::is_empty) || headers.is_none() {
        tracing::error!(endpoint = %id, cell = works.cell.name(), "the secrets of a webhook endpoint do not open");
    }
    Endpoint {
        url: lane.url.clone(),
        // Judged again: a literal address never comes by the resolver, and the settings may have become stricter.
        target: url::parse(&lane.url, works.settings.allow_private_addresses, &works.settings.own_hosts).ok(),
        keys: keys.filter(|_| headers.is_some()).unwrap_or_default(),
        headers: headers.unwrap_or_default(),
        payload_version: lane.payload_version,
        ordered: lane.ordered,
        max_per_second: lane.max_per_second.and_then(|most| u32::try_from(most).ok()),
        version: lane.version,
        enabled: lane.state == EndpointState::Enabled,
    }
}
