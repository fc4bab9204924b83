//! Keeps deliveries under way: claims as room comes free, records what has come back, all of it at once each time.
//!
//! There are no rounds: a delivery that hangs holds its own place and nobody else's.

use std::collections::HashMap;

use foundation::{
    Result,
    id::{EndpointId, ResellerId},
};
use tokio::{
    sync::Notify,
    task::{Id, JoinError, JoinSet},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    Dispatcher, IDLE,
    backoff::Backoff,
    queue::{self, Attempt, Claimed, Lane, Outcome, Room},
    send,
};

/// What a lease has beyond the longest attempt, for recording it.
const LEASE_MARGIN: std::time::Duration = std::time::Duration::from_secs(15);

pub(crate) struct Pump<'a> {
    dispatcher: &'a Dispatcher,
    sending: JoinSet<(Attempt, String)>,
    /// Whom each task of `sending` sends to.
    under_way: HashMap<Id, EndpointId>,
    /// Attempts not yet recorded, with the address they went to.
    done: Vec<(Attempt, String)>,
    /// The lane that had its turn last.
    last: Lane,
}

impl<'a> Pump<'a> {
    pub(crate) fn new(dispatcher: &'a Dispatcher) -> Self {
        Self { dispatcher, sending: JoinSet::new(), under_way: HashMap::new(), done: Vec::new(), last: start() }
    }

    /// Sends until the shutdown, then finishes what is under way.
    pub(crate) async fn run(mut self, queued: &Notify, shutdown: &CancellationToken) {
        let mut backoff = Backoff::default();
        while !(shutdown.is_cancelled() && self.sending.is_empty()) {
            match self.turn(queued, shutdown).await {
                Ok(()) => backoff.reset(),
                Err(error) => {
                    tracing::warn!(%error, cell = self.dispatcher.cell.name(), "deliveries could not be claimed or recorded");
                    backoff.wait().await;
                }
            }
        }
    }

    async fn turn(&mut self, queued: &Notify, shutdown: &CancellationToken) -> Result<()> {
        self.record().await?;
        if !shutdown.is_cancelled() {
            self.claim().await?;
        }
        tokio::select! {
            Some(finished) = self.sending.join_next_with_id() => self.finish(finished),
            () = queued.notified() => {}
            () = shutdown.cancelled(), if !shutdown.is_cancelled() => {}
            () = tokio::time::sleep(IDLE) => {}
        }
        self.finish_all_ready();
        self.record().await
    }

    /// Sends all that is due and records it. Returns how many attempts were recorded.
    pub(crate) async fn drain(mut self) -> Result<usize> {
        let mut attempts = 0;
        loop {
            let claimed = self.claim().await?;
            if claimed == 0 && self.sending.is_empty() {
                return Ok(attempts);
            }
            if let Some(finished) = self.sending.join_next_with_id().await {
                self.finish(finished);
            }
            self.finish_all_ready();
            attempts += self.done.len();
            self.record().await?;
        }
    }

    /// Claims as much as there is room for, beginning after the lane that had its turn last, and sets it under way.
    async fn claim(&mut self) -> Result<usize> {
        let mut total = 0;
        loop {
            let room = self.dispatcher.settings.workers.saturating_sub(self.sending.len());
            if room == 0 {
                return Ok(total);
            }
            let claimed = self.claim_after_last(room).await?;
            let (count, from) = (claimed.len(), self.last);
            self.last = match claimed.last() {
                Some(last) if count == room => (last.reseller_id, last.endpoint_id),
                _ => start(),
            };
            for delivery in claimed {
                self.set_under_way(delivery);
            }
            total += count;
            // The last lane was reached; those before the first are looked at too before the turn ends.
            if count == room || from == start() {
                return Ok(total);
            }
        }
    }

    async fn claim_after_last(&self, room: usize) -> Result<Vec<Claimed>> {
        let settings = &self.dispatcher.settings;
        let under_way: Vec<EndpointId> = self.under_way.values().copied().collect();
        let room = Room {
            deliveries: room,
            per_endpoint: settings.per_endpoint,
            under_way: &under_way,
            after: self.last,
            lease: settings.timeout + LEASE_MARGIN,
        };
        queue::claim(&self.dispatcher.cell, &room).await
    }

    fn set_under_way(&mut self, claimed: Claimed) {
        let Dispatcher { cell, settings, client } = self.dispatcher;
        let (cell, client, allow_private) = (cell.clone(), client.clone(), settings.allow_private_addresses);
        let endpoint = claimed.endpoint_id;
        let task = self.sending.spawn(async move {
            let attempt = send::send(&cell, &client, allow_private, &claimed).await;
            (attempt, claimed.url)
        });
        self.under_way.insert(task.id(), endpoint);
    }

    fn finish(&mut self, finished: Result<(Id, (Attempt, String)), JoinError>) {
        match finished {
            Ok((task, attempt)) => {
                self.under_way.remove(&task);
                count(self.dispatcher.cell.name(), &attempt.0);
                self.done.push(attempt);
            }
            Err(error) => {
                // Its lease runs out, and it is sent again.
                self.under_way.remove(&error.id());
                tracing::error!(%error, "a delivery broke off");
            }
        }
    }

    fn finish_all_ready(&mut self) {
        while let Some(finished) = self.sending.try_join_next_with_id() {
            self.finish(finished);
        }
    }

    /// Records what is done; kept for another try if that fails, while nothing more is claimed.
    async fn record(&mut self) -> Result<()> {
        if self.done.is_empty() {
            return Ok(());
        }
        let cell = &self.dispatcher.cell;
        // Before the record, so that a crash in between leaves a delivery that waits, not an endpoint that goes on.
        for (attempt, url) in self.done.iter().filter(|(attempt, _)| attempt.status == Some(send::GONE)) {
            queue::disable(cell, (attempt.reseller_id, attempt.endpoint_id), url).await?;
        }
        let attempts: Vec<&Attempt> = self.done.iter().map(|(attempt, _)| attempt).collect();
        queue::record(cell, &attempts).await?;
        self.done.clear();
        Ok(())
    }
}

fn start() -> Lane {
    (ResellerId::from_uuid(Uuid::nil()), EndpointId::from_uuid(Uuid::nil()))
}

fn count(cell: &str, attempt: &Attempt) {
    let outcome = match attempt.outcome {
        Outcome::Delivered => "delivered",
        Outcome::Retry(_) => "retried",
        Outcome::Failed => "failed",
    };
    metrics::counter!("webhook_deliveries_total", "cell" => cell.to_owned(), "outcome" => outcome).increment(1);
    metrics::histogram!("webhook_delivery_seconds", "cell" => cell.to_owned()).record(attempt.duration);
}
