//! The life of a leased lane: it sends what is due to its endpoint, as many at once as the endpoint has earned, while its desk
//! records and reads on beside; and it is given back when there is nothing more to send.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use foundation::{Error, Result};
use tokio::{
    sync::Notify,
    task::{JoinError, JoinHandle, JoinSet},
    time::Instant as Moment,
};
use tokio_util::sync::CancellationToken;

use crate::{
    Works,
    attempts::{Attempt, Endpoint, Job, LaneId, Outcome},
    desk::{self, Brought, Taken},
    places::Places,
    send::{self, Clocks},
};

/// The most that a lane has waiting in memory.
const QUEUE: usize = 256;
/// Between two attempts at an endpoint that fails: what is behind the first waits for it to come back.
const FAILING_PAUSE: Duration = Duration::from_millis(100);

/// Between two turns at a desk that does not answer.
const DESK_PAUSE: Duration = Duration::from_millis(200);

type Turn = JoinHandle<(Brought, Result<Option<Taken>>)>;

struct Lane {
    works: Arc<Works>,
    id: LaneId,
    lease: i64,
    endpoint: Arc<Endpoint>,
    queue: VecDeque<Job>,
    sending: JoinSet<Attempt>,
    /// Positions under way.
    under_way: BTreeSet<i64>,
    /// Positions that were read for the first time and are not recorded yet.
    open: BTreeSet<i64>,
    done: Vec<Attempt>,
    read_to: i64,
    more: bool,
    failing: bool,
    places: Places,
    not_before: Moment,
    renew_at: Moment,
    /// The lease stands at least until then.
    leased_until: Moment,
    /// No turn before that: the last one failed.
    desk_not_before: Moment,
    clocks: Clocks,
    recorded: usize,
    /// How often what was read has been put back: what the desk read before that is not taken.
    put_back: usize,
    over: bool,
    stopping: bool,
}

/// Leases a lane, sends all that is due to it, gives it back. `grown` tells that its log has grown meanwhile. Returns how many
/// attempts were recorded.
pub(crate) async fn serve(
    works: Arc<Works>,
    id: LaneId,
    grown: Arc<Notify>,
    shutdown: CancellationToken,
) -> Result<usize> {
    let brought = Brought { room: QUEUE, ..Brought::default() };
    let Some(taken) = desk::turn(&works, id, &brought).await? else { return Ok(0) };
    let mut lane = Lane::new(works, id, taken);
    let mut desk: Option<Turn> = None;
    let mut put_back = 0;
    while !(lane.over && desk.is_none()) {
        lane.send();
        if desk.is_none()
            && let Some(bring) = lane.bring()
        {
            put_back = lane.put_back;
            let (works, id) = (Arc::clone(&lane.works), lane.id);
            desk = Some(tokio::spawn(async move {
                let turned = desk::turn(&works, id, &bring).await;
                (bring, turned)
            }));
        }
        let wake = lane.wakes_at(desk.is_some());
        tokio::select! {
            Some(finished) = lane.sending.join_next(), if !lane.sending.is_empty() => lane.finish(finished),
            turned = async { match desk.as_mut() { Some(turn) => turn.await, None => std::future::pending().await } } => {
                desk = None;
                match turned.map_err(|error| Error::Inconsistent(error.to_string()))? {
                    (brought, Ok(Some(taken))) => {
                        lane.recorded += brought.attempts.len();
                        lane.take(taken, put_back);
                    }
                    // Another has it: what is under way is dropped here, and whatever of it was not recorded is sent again there.
                    (_, Ok(None)) => return Ok(lane.recorded),
                    (brought, Err(error)) => lane.bring_again(brought, error)?,
                }
            }
            () = grown.notified(), if !lane.stopping => lane.more = true,
            () = shutdown.cancelled(), if !lane.stopping => lane.stop(),
            () = tokio::time::sleep_until(wake) => {}
        }
    }
    Ok(lane.recorded)
}

impl Lane {
    fn new(works: Arc<Works>, id: LaneId, taken: Taken) -> Self {
        let now = Moment::now();
        let mut lane = Self {
            id,
            lease: taken.lease,
            endpoint: Arc::clone(&taken.endpoint),
            queue: VecDeque::new(),
            sending: JoinSet::new(),
            under_way: BTreeSet::new(),
            open: BTreeSet::new(),
            done: Vec::new(),
            read_to: taken.read_to,
            more: false,
            failing: taken.failing,
            places: Places::new(works.settings.per_endpoint),
            not_before: now,
            renew_at: now,
            leased_until: now,
            desk_not_before: now,
            clocks: Clocks { clock: taken.clock, now: taken.now, at: now },
            recorded: 0,
            put_back: 0,
            over: false,
            stopping: false,
            works,
        };
        lane.take(taken, 0);
        lane
    }

    /// Sets under way what there is room for.
    fn send(&mut self) {
        while self.sending.len() < self.places.now(self.endpoint.ordered) && Moment::now() >= self.not_before {
            let Some(job) = self.queue.pop_front() else { return };
            if let Some(most) = self.endpoint.max_per_second {
                self.not_before = self.not_before.max(Moment::now()) + Duration::from_secs(1) / most;
            }
            self.under_way.insert(job.position());
            let (works, endpoint) = (Arc::clone(&self.works), Arc::clone(&self.endpoint));
            let (clocks, failing) = (self.clocks, self.failing);
            self.sending.spawn(async move {
                // Neither can be closed: nothing closes them.
                let _failing = if failing { works.failing.acquire().await.ok() } else { None };
                let _place = works.places.acquire().await.ok();
                send::send(&works, endpoint, job, clocks).await
            });
        }
    }

    fn finish(&mut self, finished: Result<Attempt, JoinError>) {
        let mut next = Some(finished);
        while let Some(finished) = next {
            match finished {
                Ok(attempt) => self.note(attempt),
                Err(error) => {
                    // Whatever it was sending is sent again by the next lease.
                    tracing::error!(%error, "a delivery broke off");
                    self.stop();
                }
            }
            next = self.sending.try_join_next();
        }
    }

    fn note(&mut self, attempt: Attempt) {
        self.under_way.remove(&attempt.job.position());
        send::count(self.works.cell.name(), &attempt);
        if attempt.outcome == Outcome::Delivered {
            self.places.taken();
            self.failing = false;
        } else {
            self.places.failed();
            self.failing = true;
            self.not_before = self.not_before.max(Moment::now() + FAILING_PAUSE);
            if self.endpoint.ordered {
                self.put_back();
            }
        }
        self.done.push(attempt);
    }

    /// What to bring to the desk now, if anything.
    fn bring(&mut self) -> Option<Brought> {
        let idle = self.queue.is_empty() && self.under_way.is_empty();
        // An ordered endpoint's next is known only once the last is recorded.
        let room = if self.stopping || (self.endpoint.ordered && !idle) || self.queue.len() > QUEUE / 2 {
            0
        } else {
            QUEUE - self.queue.len()
        };
        let due = Moment::now() >= self.renew_at;
        let reads = room > 0 && (self.more || idle || due);
        if self.over
            || Moment::now() < self.desk_not_before
            || !(reads || due || !self.done.is_empty() || (idle && self.stopping))
        {
            return None;
        }
        self.renew_at = Moment::now() + self.works.settings.lease / 3;
        let attempts = std::mem::take(&mut self.done);
        for attempt in &attempts {
            self.open.remove(&attempt.job.position());
        }
        self.more &= !reads;
        Some(Brought {
            lease: Some(self.lease),
            read_to: Some(self.read_to),
            first_open: self.open.first().copied(),
            in_hand: self.queue.iter().map(Job::position).chain(self.under_way.iter().copied()).collect(),
            room: if reads { room } else { 0 },
            ending: self.stopping,
            attempts,
        })
    }

    /// Takes what the desk has read, unless something was put back since it was asked: then it is read again.
    fn take(&mut self, taken: Taken, put_back: usize) {
        self.lease = taken.lease;
        self.leased_until = Moment::now() + self.works.settings.lease;
        self.over = taken.over;
        self.clocks = Clocks { clock: taken.clock, now: taken.now, at: Moment::now() };
        self.more |= taken.more;
        if put_back == self.put_back {
            self.read_to = self.read_to.max(taken.read_to);
            for job in taken.jobs {
                if job.due_at.is_none() {
                    self.open.insert(job.position());
                }
                self.queue.push_back(job);
            }
        }
        let changed = taken.endpoint.version != self.endpoint.version;
        self.endpoint = taken.endpoint;
        if changed || !self.endpoint.enabled {
            // Whether it still wants what was read is read anew.
            self.put_back();
        }
        if !self.endpoint.enabled {
            self.stop();
        }
        self.renew_at = Moment::now() + self.works.settings.lease / 3;
    }

    /// The database did not answer: what was to be recorded is brought again, for as long as the lease stands. Whether it was
    /// recorded may be unknown; then the log has that attempt twice, and the endpoint has it once.
    fn bring_again(&mut self, brought: Brought, error: Error) -> Result<()> {
        let now = Moment::now();
        if now >= self.leased_until {
            return Err(error);
        }
        tracing::warn!(%error, cell = self.works.cell.name(), "deliveries could not be recorded; it is tried again");
        let first_tries = brought.attempts.iter().filter(|attempt| attempt.job.due_at.is_none());
        self.open.extend(first_tries.map(|attempt| attempt.job.position()));
        let later = std::mem::replace(&mut self.done, brought.attempts);
        self.done.extend(later);
        self.more |= brought.room > 0;
        (self.renew_at, self.desk_not_before) = (now, now + DESK_PAUSE);
        Ok(())
    }

    /// Puts what is not under way back into the log.
    fn put_back(&mut self) {
        if let Some(first) = self.queue.iter().filter(|job| job.due_at.is_none()).map(Job::position).min() {
            self.read_to = self.read_to.min(first - 1);
        }
        for job in self.queue.drain(..) {
            self.open.remove(&job.position());
        }
        self.more = true;
        self.put_back += 1;
    }

    fn stop(&mut self) {
        self.put_back();
        self.stopping = true;
    }

    /// When there is something to do though nothing has happened. While it is at its desk it need not think of the lease.
    fn wakes_at(&self, at_desk: bool) -> Moment {
        let renew_at =
            if at_desk { Moment::now() + self.works.settings.lease } else { self.renew_at.max(self.desk_not_before) };
        let may_send = !self.queue.is_empty() && self.sending.len() < self.places.now(self.endpoint.ordered);
        if may_send { renew_at.min(self.not_before) } else { renew_at }
    }
}
