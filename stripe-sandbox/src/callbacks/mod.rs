//! Sending events to an account's receivers, as Stripe does: signed, several attempts, in order for each payment where all goes well.
//!
//! Deliveries lie in lanes; all events of one payment take the same lane and are sent one after the other, different payments do not
//! wait for each other, nor do different receivers. A delivery that failed waits for its next attempt and holds nobody up.

mod control;
mod delivery;
mod queue;
mod receiver;
mod signature;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::book::Book;
use crate::callbacks::control::{Controls, Fate, stem};
use crate::callbacks::queue::{Delivery, Lanes, Next, lane_of};
use crate::config;
use crate::objects::event::Event;

pub(crate) use control::Control;
pub(crate) use delivery::keep_receivers;
pub(crate) use receiver::Receiver;

/// The most deliveries that wait per account; beyond it an event can only be read from `GET /v1/events`.
const MOST_WAITING: usize = 100_000;

/// The most patterns that have a control of their own.
const MOST_CONTROLS: usize = 100;

/// The receivers of one account and what is on its way to them.
#[derive(Debug, Default)]
pub(crate) struct Callbacks {
    receivers: Mutex<Arc<[Receiver]>>,
    receivers_changed: Notify,
    controls: Mutex<Controls>,
    waiting: AtomicUsize,
    pub(crate) delivered: AtomicUsize,
    pub(crate) failed_attempts: AtomicUsize,
    pub(crate) given_up: AtomicUsize,
}

impl Callbacks {
    /// The receivers as they are now.
    pub(crate) fn receivers(&self) -> Arc<[Receiver]> {
        self.receivers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes over the receivers from the configuration and the book. What waits for one that is gone is given up.
    pub(crate) fn set_receivers(&self, settings: &config::Account, book: &Book) {
        let before = self.receivers();
        let now: Arc<[Receiver]> = receiver::all(settings, book, &before).into();
        *self.receivers.lock().unwrap_or_else(PoisonError::into_inner) = now.clone();
        self.receivers_changed.notify_one();
        for gone in before.iter().filter(|old| !now.iter().any(|receiver| receiver.id == old.id)) {
            self.give_up_all(&gone.lanes);
            // Its lanes look, see that it is gone, and end.
            gone.lanes.wake();
        }
    }

    /// The receiver whose lanes these are, as it is now.
    fn receiver_of(&self, lanes: &Arc<Lanes>) -> Option<Receiver> {
        self.receivers().iter().find(|receiver| Arc::ptr_eq(&receiver.lanes, lanes)).cloned()
    }

    /// Nothing in these lanes is sent any more.
    fn give_up_all(&self, lanes: &Lanes) {
        let count = lanes.clear();
        self.given_up.fetch_add(count, Ordering::Relaxed);
        self.waiting.fetch_sub(count, Ordering::Relaxed);
    }

    /// Queues new events for the receivers that each of them names, and returns those that the control lost.
    pub(crate) fn push(&self, events: &[Event], now_ms: i64) -> Vec<Event> {
        let mut lost = Vec::new();
        if events.is_empty() {
            return lost;
        }
        let receivers = self.receivers();
        let mut controls = self.controls();
        for event in events {
            match controls.take(event) {
                Fate::Lost => lost.push(event.clone()),
                Fate::Kept => {}
                Fate::Sent { copies, delay_ms } => {
                    for _ in 0..copies {
                        self.send(&receivers, event, lane_of(&event.payment), now_ms + i64::from(delay_ms));
                    }
                }
                Fate::Swapped(events) => self.send_in_order(&receivers, &events, now_ms),
            }
        }
        lost
    }

    /// Sends the events one after the other, whatever payments they are about.
    fn send_in_order(&self, receivers: &[Receiver], events: &[Event], now_ms: i64) {
        let lane = events.first().map(|event| lane_of(&event.payment)).unwrap_or_default();
        for event in events {
            self.send(receivers, event, lane, now_ms);
        }
    }

    fn send(&self, receivers: &[Receiver], event: &Event, lane: usize, due_ms: i64) {
        for receiver in receivers.iter().filter(|receiver| event.pending.contains(&receiver.id)) {
            if self.waiting() >= MOST_WAITING {
                self.given_up.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(event = %event.id, "too many callbacks are waiting; this one is not sent");
                continue;
            }
            self.waiting.fetch_add(1, Ordering::Relaxed);
            receiver.lanes.put(lane, due_ms, Delivery::of(event));
        }
    }

    /// A delivery has ended, and `count` tells how.
    fn ended(&self, count: &AtomicUsize) {
        count.fetch_add(1, Ordering::Relaxed);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// Makes all lanes look again.
    pub(crate) fn wake(&self) {
        for receiver in self.receivers().iter() {
            receiver.lanes.wake();
        }
    }

    /// How many deliveries wait or are under way.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Changes the control for a type, a family (`charge.*`) or all (`*`), and returns it as it is then. `None` if `pattern` is none of
    /// these, or one too many.
    pub(crate) fn set_control(&self, pattern: &str, now_ms: i64, change: impl FnOnce(&mut Control)) -> Option<Control> {
        let stem = stem(pattern)?;
        let mut controls = self.controls();
        if controls.len() >= MOST_CONTROLS && !controls.has(&stem) {
            return None;
        }
        let (control, released) = controls.set(&stem, change);
        self.send_in_order(&self.receivers(), &released, now_ms);
        drop(controls);
        self.wake();
        Some(control)
    }

    /// What a lane does now. The controls are locked before the lane, as where events are put into lanes; the other way round the
    /// two could wait for each other for ever.
    fn next(&self, lanes: &Lanes, lane: usize, now_ms: i64) -> Next {
        let controls = self.controls();
        lanes.next(lane, now_ms, |kind| controls.is_paused(kind))
    }

    fn controls(&self) -> MutexGuard<'_, Controls> {
        self.controls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
