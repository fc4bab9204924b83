//! The deliveries that wait, and the switches with which a test stalls, loses or doubles them.

use std::collections::{BTreeMap, hash_map::DefaultHasher};
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio::sync::Notify;

use crate::callbacks::LANES;
use crate::objects::event::Event;

/// The most deliveries that wait per account; beyond it an event can only be read from `GET /v1/events`.
const MOST_WAITING: usize = 100_000;

/// One event on its way.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) event: String,
    pub(crate) kind: String,
    pub(crate) body: Arc<str>,
    /// How many attempts were made.
    pub(crate) attempts: usize,
}

/// What a test does to the callbacks of an account.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Control {
    /// Every event is sent this much later.
    pub(crate) delay_ms: u32,
    /// So many of the next events are lost.
    pub(crate) drop_next: u32,
    /// So many of the next events are sent twice.
    pub(crate) double_next: u32,
    /// Nothing is sent.
    pub(crate) paused: bool,
}

/// The deliveries of one account.
#[derive(Debug)]
pub(crate) struct Queue {
    wanted: bool,
    lanes: Vec<Lane>,
    control: Mutex<Control>,
    count: AtomicUsize,
    waiting: AtomicUsize,
    pub(crate) delivered: AtomicUsize,
    pub(crate) failed_attempts: AtomicUsize,
    pub(crate) given_up: AtomicUsize,
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

impl Queue {
    /// `wanted` tells whether the account has a receiver at all.
    pub(crate) fn new(wanted: bool) -> Self {
        Self {
            wanted,
            lanes: (0..LANES).map(|_| Lane::default()).collect(),
            control: Mutex::default(),
            count: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            delivered: AtomicUsize::new(0),
            failed_attempts: AtomicUsize::new(0),
            given_up: AtomicUsize::new(0),
        }
    }

    /// Queues new events and returns the ids of those that the control lost.
    pub(crate) fn push(&self, events: &[Event], now_ms: i64) -> Vec<String> {
        let mut lost = Vec::new();
        if !self.wanted || events.is_empty() {
            return lost;
        }
        let mut control = self.control();
        for event in events {
            if control.drop_next > 0 {
                control.drop_next -= 1;
                lost.push(event.id.clone());
                continue;
            }
            let due = now_ms + i64::from(control.delay_ms);
            let delivery =
                Delivery { event: event.id.clone(), kind: event.kind.clone(), body: event.body.clone(), attempts: 0 };
            if control.double_next > 0 {
                control.double_next -= 1;
                self.add(lane_of(&event.payment), due, delivery.clone());
            }
            self.add(lane_of(&event.payment), due, delivery);
        }
        lost
    }

    fn add(&self, lane: usize, due_ms: i64, delivery: Delivery) {
        if self.waiting.load(Ordering::Relaxed) >= MOST_WAITING {
            self.given_up.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(event = %delivery.event, "too many callbacks are waiting; this one is not sent");
            return;
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.put(lane, due_ms, delivery);
    }

    /// Puts a delivery into the lane, to be sent at `due_ms`; a delivery that failed is put back this way.
    pub(crate) fn put(&self, lane: usize, due_ms: i64, delivery: Delivery) {
        let Some(lane) = self.lanes.get(lane) else {
            return;
        };
        let age = self.count.fetch_add(1, Ordering::Relaxed);
        lane.lock().insert((due_ms, age), delivery);
        lane.changed.notify_one();
    }

    /// A delivery has ended, and `count` tells how.
    pub(crate) fn ended(&self, count: &AtomicUsize) {
        count.fetch_add(1, Ordering::Relaxed);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// What the lane does at `now_ms`.
    pub(crate) fn next(&self, lane: usize, now_ms: i64) -> Next {
        let Some(lane) = self.lanes.get(lane).filter(|_| !self.control().paused) else {
            return Next::Rest;
        };
        let mut deliveries = lane.lock();
        let Some(first) = deliveries.first_entry() else {
            return Next::Rest;
        };
        let wait = first.key().0 - now_ms;
        if wait > 0 {
            return Next::Wait(wait.unsigned_abs());
        }
        Next::Send(first.remove())
    }

    /// Waits until the lane may have something new to do.
    pub(crate) async fn changed(&self, lane: usize) {
        if let Some(lane) = self.lanes.get(lane) {
            lane.changed.notified().await;
        }
    }

    /// Makes all lanes look again.
    pub(crate) fn wake(&self) {
        for lane in &self.lanes {
            lane.changed.notify_one();
        }
    }

    /// How many deliveries wait or are under way.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Changes the control and returns it as it is then.
    pub(crate) fn set_control(&self, change: impl FnOnce(&mut Control)) -> Control {
        let now = {
            let mut control = self.control();
            change(&mut control);
            *control
        };
        self.wake();
        now
    }

    fn control(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<(i64, usize), Delivery>> {
        self.deliveries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lane_of(payment: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    payment.hash(&mut hasher);
    usize::try_from(hasher.finish() % LANES as u64).unwrap_or_default()
}
