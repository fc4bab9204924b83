//! Combined holds. Requests that arrive while a transaction is under way are committed together in the next one, by
//! set-based statements, and answered after the commit. There is no timer: a lone buyer waits for nobody, and in a rush the
//! batch grows by itself.
//!
//! A few lanes per process serve all resellers in turn, so that one on-sale does not starve the others. A batch is one
//! reseller's. Each hold in it is all or nothing, and a loser never costs its batch-mates. What is committed is decided by
//! the claims' primary key alone; the memory only proposes. The handler's future may be dropped at any time: the batch runs
//! in the lane's own task.

mod attempt;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use foundation::{
    Error, Refusal, Result,
    id::{HoldId, ResellerId},
    idempotency::{Key, StoredAnswer},
    refusal::Code,
};
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;

use crate::{
    inventory::Inventory,
    rules::{
        order::{Hold, Want},
        terms::{AskedBy, Asker},
    },
    together::again,
};

/// How the lanes of a process are set.
#[derive(Debug, Clone, Copy)]
pub struct LaneSettings {
    /// How many work at once.
    pub lanes: usize,
    /// The most requests in one transaction.
    pub batch: usize,
    /// The most requests that wait; more are told to come again.
    pub queue: usize,
}

/// A hold that is asked for. Its wants have been checked.
#[derive(Debug, Clone)]
pub struct HoldRequest {
    /// The hold's id, which no other has.
    pub id: HoldId,
    /// What.
    pub wants: Vec<Want>,
    /// Who asks, and with which codes.
    pub by: AskedBy,
    /// For how long.
    pub lasts: Duration,
    /// The caller's key, stored with the answer in the hold's own transaction.
    pub key: Option<Key>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum Placed {
    /// The hold, with the answer as it was stored.
    Fresh(Box<Hold>, StoredAnswer),
    /// It was done before; this was the answer.
    Before(StoredAnswer),
}

/// Makes the answer that is stored and given; the face's part.
pub type Render = fn(&Hold) -> StoredAnswer;

/// How often a request that found nothing certain is put back before it is told to come again.
const TRIES_MAX: u32 = 20;

#[derive(Debug)]
struct Job {
    request: HoldRequest,
    /// Who asks, as limits and rounds know one.
    asker: Asker,
    tries: u32,
    /// Takes the outcome and gives back what was wanted.
    reply: oneshot::Sender<(Result<Placed>, Vec<Want>)>,
}

impl Job {
    fn answer(self, outcome: Result<Placed>) {
        // A caller that has gone away needs no answer; its key has it.
        let _ = self.reply.send((outcome, self.request.wants));
    }
}

/// The lanes of a process in one cell.
#[derive(Debug, Clone)]
pub struct Lanes(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    inventory: Arc<Inventory>,
    render: Render,
    settings: LaneSettings,
    queues: Mutex<Queues>,
    ready: Notify,
}

#[derive(Debug, Default)]
struct Queues {
    waiting: HashMap<ResellerId, VecDeque<Job>>,
    /// Resellers with something waiting and no lane at work for them, in turn.
    turn: VecDeque<ResellerId>,
    at_work: HashSet<ResellerId>,
    length: usize,
    closed: bool,
}

impl Lanes {
    /// Opens the lanes; they work until `shutdown`, and then until nothing waits.
    #[must_use]
    pub fn open(
        inventory: Arc<Inventory>,
        settings: LaneSettings,
        render: Render,
        shutdown: CancellationToken,
    ) -> (Self, LanesAtWork) {
        let shared = Arc::new(Shared { inventory, render, settings, queues: Mutex::default(), ready: Notify::new() });
        let workers = (0..settings.lanes).map(|_| tokio::spawn(shared.clone().work())).collect();
        let closing = shared.clone();
        tokio::spawn(async move {
            shutdown.cancelled().await;
            closing.queues().closed = true;
            closing.ready.notify_waiters();
        });
        (Self(shared), LanesAtWork(workers))
    }

    /// Asks for a hold and waits for what comes of it.
    ///
    /// # Errors
    /// `busy` when too many wait; the refusal; or the failure.
    pub async fn hold(&self, reseller: ResellerId, request: HoldRequest) -> Result<Placed> {
        let (reply, answer) = oneshot::channel();
        let sealer = self.0.inventory.cell().sealer();
        let asker = Asker::of(sealer, reseller, &request.by);
        self.0.take_in(reseller, Job { request, asker, tries: 0, reply })?;
        let Ok((outcome, wants)) = answer.await else { return Err(busy().into()) };
        match outcome {
            Ok(placed) => Ok(placed),
            // Outside the lane, which has others to serve.
            Err(error) => Err(self.0.inventory.with_dates(reseller, &wants, error).await),
        }
    }
}

/// The lanes' tasks, to wait for at the end.
#[derive(Debug)]
pub struct LanesAtWork(Vec<tokio::task::JoinHandle<()>>);

impl LanesAtWork {
    /// Waits until everything that was taken in is committed and answered.
    pub async fn drained(self) {
        for worker in self.0 {
            if let Err(error) = worker.await {
                tracing::error!(%error, "a lane ended badly");
            }
        }
    }
}

impl Shared {
    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a request in, unless too many wait.
    fn take_in(&self, reseller: ResellerId, job: Job) -> Result<(), Refusal> {
        let mut queues = self.queues();
        if queues.closed || queues.length >= self.settings.queue {
            return Err(busy());
        }
        queues.waiting.entry(reseller).or_default().push_back(job);
        self.came(&mut queues, reseller, 1);
        Ok(())
    }

    /// Puts requests that were taken in back before all others.
    fn put_back(&self, reseller: ResellerId, jobs: Vec<Job>) {
        let mut queues = self.queues();
        let many = jobs.len();
        let waiting = queues.waiting.entry(reseller).or_default();
        jobs.into_iter().rev().for_each(|job| waiting.push_front(job));
        self.came(&mut queues, reseller, many);
    }

    fn came(&self, queues: &mut Queues, reseller: ResellerId, many: usize) {
        queues.length += many;
        if !queues.at_work.contains(&reseller) && !queues.turn.contains(&reseller) {
            queues.turn.push_back(reseller);
            self.ready.notify_one();
        }
    }

    /// The next reseller's batch, or none when there is nothing and never will be.
    async fn next_batch(&self) -> Option<(ResellerId, Vec<Job>)> {
        loop {
            let notified = self.ready.notified();
            {
                let mut queues = self.queues();
                if let Some(reseller) = queues.turn.pop_front() {
                    let waiting = queues.waiting.get_mut(&reseller).map(|waiting| {
                        let many = waiting.len().min(self.settings.batch);
                        waiting.drain(..many).collect::<Vec<Job>>()
                    });
                    let jobs = waiting.unwrap_or_default();
                    queues.length -= jobs.len();
                    queues.at_work.insert(reseller);
                    return Some((reseller, jobs));
                }
                if queues.closed && queues.length == 0 && queues.at_work.is_empty() {
                    // The other lanes may be waiting for what never comes.
                    self.ready.notify_waiters();
                    return None;
                }
            }
            notified.await;
        }
    }

    fn finish(&self, reseller: ResellerId) {
        let mut queues = self.queues();
        queues.at_work.remove(&reseller);
        let more = queues.waiting.get(&reseller).is_some_and(|waiting| !waiting.is_empty());
        if more {
            queues.turn.push_back(reseller);
        } else {
            queues.waiting.remove(&reseller);
        }
        if more || queues.closed {
            self.ready.notify_one();
        }
    }

    async fn work(self: Arc<Self>) {
        while let Some((reseller, jobs)) = self.next_batch().await {
            metrics::histogram!("stagedoor_hold_batch_size").record(u32::try_from(jobs.len()).unwrap_or(u32::MAX));
            self.run(reseller, jobs).await;
            self.finish(reseller);
        }
    }

    /// Runs a batch; where it gives way to other transactions, in halves, so that one stubborn ticket costs only its own.
    async fn run(&self, reseller: ResellerId, jobs: Vec<Job>) {
        let mut batches = vec![jobs];
        while let Some(jobs) = batches.pop() {
            match attempt::attempt(self, reseller, jobs).await {
                attempt::Outcome::Through(again) => self.again(reseller, again),
                attempt::Outcome::GaveWay(mut jobs) => {
                    metrics::counter!("stagedoor_hold_batches_gave_way_total").increment(1);
                    jobs.iter_mut().for_each(|job| job.tries += 1);
                    if jobs.len() == 1 {
                        self.again(reseller, jobs);
                    } else {
                        let rest = jobs.split_off(jobs.len() / 2);
                        batches.extend([rest, jobs]);
                    }
                }
                attempt::Outcome::Failed(jobs, error) => fail(jobs, &error),
            }
        }
    }

    /// Puts back what found nothing certain; after too many tries it is told to come again.
    fn again(&self, reseller: ResellerId, jobs: Vec<Job>) {
        let (again, enough): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(|job| job.tries < TRIES_MAX);
        enough.into_iter().for_each(|job| job.answer(Err(busy().into())));
        if !again.is_empty() {
            self.put_back(reseller, again);
        }
    }
}

fn fail(jobs: Vec<Job>, error: &Error) {
    let failure = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    if matches!(error, Error::Refused(_)) {
        // More was asked than could be served: no mistake of ours.
        tracing::warn!(%error, holds = jobs.len(), "a batch of holds found no room");
    } else {
        tracing::error!(%error, %failure, holds = jobs.len(), "a batch of holds failed");
    }
    for job in jobs {
        job.answer(Err(again(error)));
    }
}

fn busy() -> Refusal {
    Refusal::new(Code::Busy, "More holds are being asked for than can be taken in; try again with the same key.")
        .with_retry_after(Duration::from_secs(1))
}
