//! How many live streams a process has: in all, of one key and of one client's address. A stream has a slot while it is open.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::http::request::Parts;
use foundation::{Code, Refusal};

use super::client;
use crate::app::{App, StreamLimits};

/// When who found no slot may come again.
const AGAIN: Duration = Duration::from_secs(10);

/// The open streams of a process.
#[derive(Debug)]
pub(crate) struct Streams {
    limits: StreamLimits,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    /// By key and by client.
    of: HashMap<String, usize>,
    /// How many there ever were.
    ever: u64,
}

/// A stream's place; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    /// Which stream of this process it is.
    pub(crate) nth: u64,
    streams: Arc<Streams>,
    /// Whose it is, by key and by client.
    whose: [String; 2],
}

impl Streams {
    /// None open yet.
    pub(crate) fn new(limits: StreamLimits) -> Self {
        Self { limits, open: Mutex::default() }
    }

    /// Takes a slot for a stream of this key, or of this reseller's without one.
    ///
    /// # Errors
    /// `busy` if the process has as many as it may, `too_many_streams` if the key or the client has.
    pub(crate) fn enter(app: &App, parts: &Parts, key: &str) -> Result<Slot, Refusal> {
        let client = client::address(parts, &app.settings.trusted_proxies);
        app.streams.clone().take([format!("key {key}"), format!("client {client}")])
    }

    fn take(self: Arc<Self>, whose: [String; 2]) -> Result<Slot, Refusal> {
        let StreamLimits { all, per_key, per_client } = self.limits;
        let mut open = lock(&self.open);
        if open.all >= all {
            let detail =
                "As many live streams are open here as may be; come again, or ask for the availability instead.";
            return Err(Refusal::new(Code::Busy, detail).with_retry_after(AGAIN));
        }
        for (who, (most, of)) in whose.iter().zip([(per_key, "this key"), (per_client, "one address")]) {
            if open.of.get(who).is_some_and(|open| *open >= most) {
                let detail = format!("{most} live streams of {of} may be open at once; close one, or come again.");
                return Err(Refusal::new(Code::TooManyStreams, detail).with_retry_after(AGAIN));
            }
        }
        open.all += 1;
        open.ever += 1;
        let nth = open.ever;
        for who in &whose {
            *open.of.entry(who.clone()).or_default() += 1;
        }
        metrics::gauge!("stagedoor_streams").increment(1);
        drop(open);
        Ok(Slot { nth, streams: self, whose })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = lock(&self.streams.open);
        open.all -= 1;
        for who in &self.whose {
            let left = open.of.get_mut(who).map_or(0, |of| {
                *of -= 1;
                *of
            });
            if left == 0 {
                open.of.remove(who);
            }
        }
        metrics::gauge!("stagedoor_streams").decrement(1);
    }
}

fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_counted_in_all_by_key_and_by_client_and_given_back() {
        let streams = Arc::new(Streams::new(StreamLimits { all: 4, per_key: 3, per_client: 2 }));
        let take = |key: &str, client: &str| streams.clone().take([key.to_owned(), client.to_owned()]);
        let code = |refused: Result<Slot, Refusal>| refused.map(drop).map_err(|refusal| refusal.code);
        let mut open = vec![take("a", "1").unwrap(), take("a", "1").unwrap()];
        assert_eq!(code(take("b", "1")), Err(Code::TooManyStreams), "of one client");
        open.push(take("a", "2").unwrap());
        assert_eq!(code(take("a", "3")), Err(Code::TooManyStreams), "of one key");
        open.push(take("b", "2").unwrap());
        assert_eq!(code(take("c", "4")), Err(Code::Busy), "in all");
        open.clear();
        let left = lock(&streams.open);
        assert_eq!((left.all, left.of.len()), (0, 0), "nothing is remembered of who has left");
    }
}
