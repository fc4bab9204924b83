//! The deliveries that wait for one receiver, in lanes.

use std::collections::{BTreeMap, hash_map::DefaultHasher};
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::objects::event::Event;

/// How many payments one receiver can be told of at the same time.
pub(super) const LANES: usize = 64;

/// One event on its way to one receiver.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) event: String,
    /// The connected account whose event it is.
    pub(crate) account: Option<Arc<str>>,
    pub(crate) kind: String,
    pub(crate) body: Arc<str>,
    /// How many attempts were made.
    pub(crate) attempts: usize,
}

impl Delivery {
    pub(super) fn of(event: &Event) -> Self {
        Self {
            event: event.id.clone(),
            account: event.account.clone(),
            kind: event.kind.clone(),
            body: event.body.clone(),
            attempts: 0,
        }
    }
}

/// The lanes of one receiver.
#[derive(Debug)]
pub(crate) struct Lanes {
    lanes: Vec<Lane>,
    count: AtomicUsize,
}

#[derive(Debug, Default)]
struct Lane {
    /// By the time at which each may be sent (milliseconds), then by age.
    deliveries: Mutex<BTreeMap<(i64, usize), Delivery>>,
    changed: Notify,
}

/// What a lane does next.
#[derive(Debug)]
pub(crate) enum Next {
    Send(Delivery),
    /// Wait so many milliseconds, or for a change.
    Wait(u64),
    /// Wait for a change.
    Rest,
}

impl Default for Lanes {
    fn default() -> Self {
        Self { lanes: (0..LANES).map(|_| Lane::default()).collect(), count: AtomicUsize::new(0) }
    }
}

impl Lanes {
    /// Puts a delivery into the lane, to be sent at `due_ms`; a delivery that failed is put back this way.
    pub(crate) fn put(&self, lane: usize, due_ms: i64, delivery: Delivery) {
        let Some(lane) = self.lanes.get(lane) else {
            return;
        };
        let age = self.count.fetch_add(1, Ordering::Relaxed);
        lane.lock().insert((due_ms, age), delivery);
        lane.changed.notify_one();
    }

    /// What the lane does at `now_ms`. Types that are paused are passed over.
    pub(super) fn next(&self, lane: usize, now_ms: i64, is_paused: impl Fn(&str) -> bool) -> Next {
        let Some(lane) = self.lanes.get(lane) else {
            return Next::Rest;
        };
        let mut deliveries = lane.lock();
        let first = deliveries.iter().find(|(_, delivery)| !is_paused(&delivery.kind)).map(|(key, _)| *key);
        let Some(key) = first else {
            return Next::Rest;
        };
        let wait = key.0 - now_ms;
        if wait > 0 {
            return Next::Wait(wait.unsigned_abs());
        }
        deliveries.remove(&key).map_or(Next::Rest, Next::Send)
    }

    /// Waits until the lane may have something new to do.
    pub(super) async fn changed(&self, lane: usize) {
        if let Some(lane) = self.lanes.get(lane) {
            lane.changed.notified().await;
        }
    }

    /// Makes all lanes look again.
    pub(super) fn wake(&self) {
        for lane in &self.lanes {
            lane.changed.notify_one();
        }
    }

    /// Takes out everything that waits and returns how much that was.
    pub(super) fn clear(&self) -> usize {
        self.lanes.iter().map(|lane| std::mem::take(&mut *lane.lock()).len()).sum()
    }
}

impl Lane {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<(i64, usize), Delivery>> {
        self.deliveries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lane in which the events of this payment go.
pub(super) fn lane_of(payment: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    payment.hash(&mut hasher);
    usize::try_from(hasher.finish() % LANES as u64).unwrap_or_default()
}
