//! What a test lets go wrong with API calls: an answer that is an error, a connection that ends, a call that hangs. It never changes what
//! the call did: only whether it was done at all, when, and what the client hears of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::error::Error;
use crate::ids;
use crate::line::Scissors;

/// The most faults that lie ready in one account.
const MOST_FAULTS: usize = 100;

/// When a fault strikes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum When {
    /// Nothing was done yet.
    #[default]
    Before,
    /// The work is done; only the answer is missing.
    After,
}

/// A fault as the test describes it. What is left out does not happen.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// Any, if not said.
    #[serde(default)]
    method: Option<String>,
    /// Such as `/v1/payment_intents/*/confirm`: a star stands for one part, two at the end for the rest.
    path: String,
    /// How many calls it strikes.
    #[serde(default = "once")]
    times: u32,
    #[serde(default)]
    when: When,
    /// The call hangs until the fault is taken away.
    #[serde(default)]
    hold: bool,
    /// It hangs no longer than this, by the machine's clock.
    #[serde(default)]
    hold_seconds: Option<u32>,
    /// It is answered with this status: 429, or one from 500.
    #[serde(default)]
    answer: Option<u16>,
    /// Its connection ends without an answer.
    #[serde(default)]
    cut: bool,
}

fn once() -> u32 {
    1
}

impl Plan {
    fn check(&self) -> Result<(), Error> {
        let wrong = |message, field| Err(Error::parameter("parameter_invalid", message, field));
        if !self.path.starts_with("/v1/") {
            return wrong("A path starts with /v1/.", "path");
        }
        if self.answer.is_some_and(|status| status != 429 && !(500..600).contains(&status)) {
            return wrong("An answer is 429 or one from 500 to 599.", "answer");
        }
        if self.answer.is_some() && self.cut {
            return wrong("A call is either answered or cut.", "cut");
        }
        if !self.hold && self.hold_seconds.is_none() && self.answer.is_none() && !self.cut {
            return wrong("Say what happens: hold, hold_seconds, answer or cut.", "hold");
        }
        Ok(())
    }

    fn fits(&self, method: &str, path: &str) -> bool {
        self.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method)) && path_fits(&self.path, path)
    }
}

fn path_fits(pattern: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    for wanted in pattern.split('/') {
        match (wanted, parts.next()) {
            ("**", Some(_)) => return true,
            (_, None) => return false,
            ("*", Some(_)) => {}
            (wanted, Some(part)) if wanted == part => {}
            _ => return false,
        }
    }
    parts.next().is_none()
}

/// A fault that lies ready.
#[derive(Debug)]
pub(crate) struct Fault {
    id: String,
    plan: Plan,
    held_by_all: watch::Sender<usize>,
    held: watch::Sender<usize>,
    released: watch::Sender<bool>,
}

/// Counts a call as held for as long as it is.
struct Held<'a>(&'a Fault);

impl<'a> Held<'a> {
    fn new(fault: &'a Fault) -> Self {
        fault.held.send_modify(|count| *count += 1);
        fault.held_by_all.send_modify(|count| *count += 1);
        Self(fault)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.held.send_modify(|count| *count -= 1);
        self.0.held_by_all.send_modify(|count| *count -= 1);
    }
}

impl Fault {
    /// Holds the call, and cuts its connection, if this is the moment.
    pub(crate) async fn strike(&self, now: When, line: &Scissors) -> Result<(), Error> {
        if self.plan.when != now {
            return Ok(());
        }
        if self.plan.hold || self.plan.hold_seconds.is_some() {
            self.hold().await;
        }
        if self.plan.cut {
            line.cut();
            return Err(Error::provider_failed(500));
        }
        match self.plan.answer {
            Some(status) => Err(Error::provider_failed(status)),
            None => Ok(()),
        }
    }

    /// The answer that is given although the work is done, and that an idempotency key remembers.
    pub(crate) fn answer_after(&self) -> Option<Error> {
        self.plan.answer.filter(|_| self.plan.when == When::After).map(Error::provider_failed)
    }

    async fn hold(&self) {
        let _held = Held::new(self);
        let mut released = self.released.subscribe();
        let longest = self.plan.hold_seconds.map(|seconds| Duration::from_secs(u64::from(seconds)));
        let out_of_time = async {
            match longest {
                Some(longest) => tokio::time::sleep(longest).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // An error means that the fault is gone, which releases as well.
            _ = released.wait_for(|released| *released) => {}
            () = out_of_time => {}
        }
    }

    fn to_json(&self, left: u32) -> Value {
        let mut json = json!({"id": self.id, "left": left, "held": *self.held.borrow()});
        json["plan"] = json!(self.plan);
        json
    }
}

/// The faults of one account, and how many more calls each strikes.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    ready: Mutex<Vec<(Arc<Fault>, u32)>>,
    held: watch::Sender<usize>,
}

impl Faults {
    /// Lays a fault ready.
    pub(crate) fn add(&self, plan: Plan) -> Result<Value, Error> {
        plan.check()?;
        let mut ready = self.lock();
        // Those that have struck as often as they should are only kept for looking at, until others come.
        ready.retain(|(fault, left)| *left > 0 || *fault.held.borrow() > 0);
        if ready.len() >= MOST_FAULTS {
            return Err(Error::refused(&format!("There are {MOST_FAULTS} faults already; take some away first.")));
        }
        let times = plan.times;
        let fault = Arc::new(Fault {
            id: ids::fresh("fault"),
            plan,
            held_by_all: self.held.clone(),
            held: watch::Sender::default(),
            released: watch::Sender::default(),
        });
        let json = fault.to_json(times);
        ready.push((fault, times));
        Ok(json)
    }

    /// The fault that strikes this call, if any: the oldest that fits.
    pub(crate) fn take(&self, method: &str, path: &str) -> Option<Arc<Fault>> {
        let mut ready = self.lock();
        let (fault, left) = ready.iter_mut().find(|(fault, left)| *left > 0 && fault.plan.fits(method, path))?;
        *left -= 1;
        Some(fault.clone())
    }

    /// Takes one fault away, or all, and lets go what it holds. Returns how many went.
    pub(crate) fn remove(&self, id: Option<&str>) -> usize {
        let mut removed = 0;
        self.lock().retain(|(fault, _)| {
            let goes = id.is_none_or(|id| id == fault.id);
            if goes {
                fault.released.send_replace(true);
                removed += 1;
            }
            !goes
        });
        removed
    }

    /// Waits until at least `count` calls are held.
    pub(crate) async fn until_held(&self, count: usize) {
        // The sender lives in this struct, so waiting cannot fail.
        let _ = self.held.subscribe().wait_for(|held| *held >= count).await;
    }

    pub(crate) fn to_json(&self) -> Value {
        let faults: Vec<Value> = self.lock().iter().map(|(fault, left)| fault.to_json(*left)).collect();
        json!({"held": *self.held.borrow(), "faults": faults})
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Arc<Fault>, u32)>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_paths() {
        for (pattern, path, fits) in [
            ("/v1/refunds", "/v1/refunds", true),
            ("/v1/refunds", "/v1/refunds/re_1", false),
            ("/v1/payment_intents/*/confirm", "/v1/payment_intents/pi_1/confirm", true),
            ("/v1/payment_intents/*/confirm", "/v1/payment_intents/pi_1/cancel", false),
            ("/v1/payment_intents/*", "/v1/payment_intents", false),
            ("/v1/**", "/v1/payment_intents/pi_1/cancel", true),
        ] {
            assert_eq!(path_fits(pattern, path), fits, "{pattern} {path}");
        }
    }
}
