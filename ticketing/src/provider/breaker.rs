//! Stops asking a provider that does not answer, so that every caller is told at once instead of waiting in vain.
//!
//! It counts calls, not tries. It must not decide what a call means, and never keeps an answer back.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// So many calls in a row without an answer, and the provider is left alone.
const FAILURES: u32 = 5;
/// For so long; then one call at a time may try.
const REST: Duration = Duration::from_secs(5);

/// What is known of the provider's answering; clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Breaker(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    until: Option<Instant>,
}

impl Breaker {
    /// Whether to ask now; if not, how long to wait.
    pub(super) fn may_ask(&self, now: Instant) -> Result<(), Duration> {
        let mut state = self.state();
        match state.until {
            Some(until) if now < until => Err(until - now),
            Some(_) => {
                // This one tries; the others wait for what becomes of it.
                state.until = Some(now + REST);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// A call was answered, if only by a refusal.
    pub(super) fn answered(&self) {
        *self.state() = State::default();
    }

    /// A call was not answered.
    pub(super) fn failed(&self, now: Instant) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= FAILURES {
            state.until = Some(now + REST);
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_five_failures_it_rests_and_then_lets_one_try() {
        let (breaker, start) = (Breaker::default(), Instant::now());
        for _ in 0..FAILURES - 1 {
            breaker.failed(start);
        }
        breaker.answered();
        for _ in 0..FAILURES {
            assert_eq!(breaker.may_ask(start), Ok(()), "an answer in between begins the count anew");
            breaker.failed(start);
        }
        assert_eq!(breaker.may_ask(start + Duration::from_secs(1)), Err(Duration::from_secs(4)));
        let later = start + REST;
        assert_eq!(breaker.may_ask(later), Ok(()));
        assert_eq!(breaker.may_ask(later), Err(REST), "one at a time");
        breaker.failed(later);
        assert_eq!(breaker.may_ask(later + Duration::from_secs(1)), Err(Duration::from_secs(4)));
        assert_eq!(breaker.may_ask(later + REST), Ok(()));
        breaker.answered();
        assert_eq!(breaker.may_ask(later + REST), Ok(()));
        assert_eq!(breaker.may_ask(later + REST), Ok(()));
    }
}
