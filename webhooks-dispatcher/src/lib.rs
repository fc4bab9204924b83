//! The dispatcher: sends the event log to webhook endpoints, by Standard Webhooks 1.0.0; and the log of that, with sending again.
//!
//! Each endpoint has a lane: how far it is in its reseller's log, and what is to be tried again. Whoever leases a lane sends all
//! that is due to it ([`lane`]); [`lanes`] finds those worth a look; [`desk`] is the one transaction by which a lane records,
//! renews and reads on. Any number of processes may do so. The promise is *at least once*: every event that an endpoint wants
//! reaches its 2xx or the end of its schedule, possibly twice and (unless the endpoint is ordered) possibly out of order,
//! always with the same `webhook-id` and the same body. An event that is delivered at its first try costs no row before that.
//!
//! No business rule lives here: what may be an endpoint is said by `tenancy`, what happened by the event log.

mod attempts;
mod backoff;
pub mod deliveries;
mod desk;
mod guard;
mod lane;
mod lanes;
mod log;
mod payload;
mod places;
mod retention;
mod schedule;
mod send;
mod sequence;
mod shows;
pub mod signature;
mod store;
mod woken;

use std::{sync::Arc, time::Duration};

use foundation::{Cell, Result, sequencer};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use self::{lanes::Lanes, woken::Woken};
pub use self::{
    payload::{Origin, payload},
    sequence::sequence,
};

/// How the dispatcher of a cell works.
#[derive(Debug, Clone)]
pub struct DispatcherSettings {
    /// Whether plain `http` and private addresses are sent to: for development and tests only.
    pub allow_private_addresses: bool,
    /// The platform's own hosts (`host` or `host:port`), which are never called.
    pub own_hosts: Vec<String>,
    /// How long an endpoint may take from the connection to the end of its answer.
    pub timeout: Duration,
    /// How long looking up and connecting may take of that.
    pub connect_timeout: Duration,
    /// How many deliveries are under way at once in this process.
    pub workers: usize,
    /// How many of them may be to the same endpoint.
    pub per_endpoint: usize,
    /// How long a lane waits for a process that stopped in the middle.
    pub lease: Duration,
}

impl Default for DispatcherSettings {
    fn default() -> Self {
        Self {
            allow_private_addresses: false,
            own_hosts: Vec::new(),
            timeout: Duration::from_secs(15),
            connect_timeout: Duration::from_secs(5),
            workers: 512,
            per_endpoint: 16,
            lease: Duration::from_secs(10),
        }
    }
}

/// What all lanes of a process share.
#[derive(Debug)]
struct Works {
    cell: Cell,
    settings: DispatcherSettings,
    client: reqwest::Client,
    log: log::Log,
    /// Places for deliveries; those to endpoints that fail have to have one of `failing` too, so that however many hang at
    /// once, half of the places stay with the others.
    places: Semaphore,
    failing: Semaphore,
    /// Transactions at once: the requests of the same process have the rest of the connections.
    desk: Semaphore,
}

/// Transactions of a process's lanes at once.
const DESKS: usize = 4;

/// The dispatcher of one cell.
#[derive(Debug, Clone)]
pub struct Dispatcher {
    works: Arc<Works>,
}

impl Dispatcher {
    /// A dispatcher for this cell. It uses at most two of the cell's worker connections and four of those for requests.
    ///
    /// # Errors
    /// If no HTTP client can be made: no certificate authorities, or no default `rustls` provider installed.
    pub fn new(cell: Cell, settings: DispatcherSettings) -> Result<Self, reqwest::Error> {
        let client = send::client(&settings)?;
        let (places, failing) = (settings.workers.max(1), (settings.workers / 2).max(1));
        Ok(Self {
            works: Arc::new(Works {
                cell,
                settings,
                client,
                log: log::Log::default(),
                places: Semaphore::new(places),
                failing: Semaphore::new(failing),
                desk: Semaphore::new(DESKS),
            }),
        })
    }

    /// Runs until the shutdown, [`sequence`] included; then finishes what is under way, which takes at most the timeout.
    /// Failures are logged and tried again; it never gives up by itself.
    pub async fn run(self, shutdown: CancellationToken) {
        let woken = Woken::default();
        tokio::join!(
            sequence(&self.works.cell, &shutdown),
            shutdown.run_until_cancelled(woken.listen(&self.works.cell)),
            Lanes::new(&self.works).run(&woken, &shutdown),
            retention::keep_forgetting(&self.works.cell, &shutdown),
        );
    }

    /// Forgets deliveries that ended more than 90 days ago, by their tenants' clocks, and those of endpoints that were deleted, with
    /// their attempts; the events stay in the log. Returns how many. [`Self::run`] does so every hour.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn forget_old(&self) -> Result<u64> {
        retention::forget(&self.works.cell).await
    }

    /// Places and sends everything that is due now, and returns when all of it is recorded. Returns how many attempts were
    /// recorded, of whatever outcome.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn run_once(&self) -> Result<usize> {
        sequencer::place_all(&self.works.cell).await?;
        Lanes::new(&self.works).drain().await
    }
}
