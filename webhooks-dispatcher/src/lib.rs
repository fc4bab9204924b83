//! The dispatcher: turns the event log into signed deliveries, by Standard Webhooks 1.0.0.
//!
//! Four loops per cell, each safe to run in any number of processes: the sequencer gives events their positions, the fan-out
//! writes one delivery per event and endpoint that wants it, the pump claims what is due and sends it, a listener wakes them
//! up. The promise is *at least once*: every event reaches the answer of its endpoint or the end of its schedule, possibly
//! twice and possibly out of order, always with the same `webhook-id` and the same body.
//!
//! No business rule lives here: what may be an endpoint is said by `tenancy`, what happened by the event log.

mod backoff;
mod fan_out;
mod guard;
mod payload;
mod pump;
mod queue;
mod schedule;
mod send;
mod sequence;
mod signature;

use std::time::Duration;

use foundation::{Cell, Result, sequencer};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use self::{backoff::Backoff, pump::Pump};
pub use self::{payload::payload, sequence::sequence};

/// How the dispatcher of a cell works.
#[derive(Debug, Clone)]
pub struct DispatcherSettings {
    /// Whether plain `http` and private addresses are sent to: for development and tests only.
    pub allow_private_addresses: bool,
    /// How long an endpoint may take from the connection to the end of its answer.
    pub timeout: Duration,
    /// How long looking up and connecting may take of that.
    pub connect_timeout: Duration,
    /// How many deliveries are under way at once in this process.
    pub workers: usize,
    /// How many of them may be to the same endpoint, so that a slow one leaves the others theirs.
    pub per_endpoint: usize,
}

impl Default for DispatcherSettings {
    fn default() -> Self {
        Self {
            allow_private_addresses: false,
            timeout: Duration::from_secs(15),
            connect_timeout: Duration::from_secs(5),
            workers: 256,
            per_endpoint: 8,
        }
    }
}

/// The dispatcher of one cell.
#[derive(Debug, Clone)]
pub struct Dispatcher {
    cell: Cell,
    settings: DispatcherSettings,
    client: reqwest::Client,
}

/// The longest that a loop sleeps with nothing to do: what is due by the clock alone is found by looking.
const IDLE: Duration = Duration::from_millis(250);

impl Dispatcher {
    /// A dispatcher for this cell. It uses at most four of the cell's worker connections.
    ///
    /// # Errors
    /// If no HTTP client can be made: no certificate authorities, or no default `rustls` provider installed.
    pub fn new(cell: Cell, settings: DispatcherSettings) -> Result<Self, reqwest::Error> {
        let client = send::client(&settings)?;
        Ok(Self { cell, settings, client })
    }

    /// Runs until the shutdown, [`sequence`] included; then finishes what is under way, which takes at most the timeout.
    /// Failures are logged and tried again; it never gives up by itself.
    pub async fn run(self, shutdown: CancellationToken) {
        let (placed, queued) = (Notify::new(), Notify::new());
        tokio::join!(
            sequence(&self.cell, &shutdown),
            until(&shutdown, listen(&self.cell, &placed)),
            until(&shutdown, fan_out_loop(&self.cell, &placed, &queued)),
            Pump::new(&self).run(&queued, &shutdown),
        );
    }

    /// Places, fans out and sends everything that is due now, and returns when all of it is recorded. Returns how many
    /// attempts were recorded, of whatever outcome.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn run_once(&self) -> Result<usize> {
        sequencer::place_all(&self.cell).await?;
        fan_out::fan_out(&self.cell).await?;
        Pump::new(self).drain().await
    }
}

async fn until(shutdown: &CancellationToken, work: impl Future<Output = ()>) {
    shutdown.run_until_cancelled(work).await;
}

/// Wakes the fan-out up on every page of new positions. Any number of them wake it up once.
async fn listen(cell: &Cell, placed: &Notify) {
    let mut backoff = Backoff::default();
    loop {
        match sequencer::listen(cell).await {
            Ok(mut listener) => {
                backoff.reset();
                while listener.recv().await.is_ok() {
                    placed.notify_one();
                }
            }
            Err(error) => {
                tracing::warn!(%error, cell = cell.name(), "the dispatcher cannot listen for events");
            }
        }
        backoff.wait().await;
    }
}

async fn fan_out_loop(cell: &Cell, placed: &Notify, queued: &Notify) {
    let mut backoff = Backoff::default();
    loop {
        match fan_out::fan_out(cell).await {
            Ok(deliveries) => {
                backoff.reset();
                if deliveries > 0 {
                    queued.notify_one();
                }
                tokio::select! {
                    () = placed.notified() => {}
                    () = tokio::time::sleep(IDLE) => {}
                }
            }
            Err(error) => {
                tracing::warn!(%error, cell = cell.name(), "events could not be turned into deliveries");
                backoff.wait().await;
            }
        }
    }
}
