//! How many calls a second an account answers, if a test sets a limit; a bucket that fills up again as time passes.

use std::sync::{Mutex, PoisonError};

use crate::error::Error;

/// The limit of one account.
#[derive(Debug, Default)]
pub(crate) struct RateLimit {
    bucket: Mutex<Option<Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    per_second: u32,
    /// In thousandths of a call.
    left: i64,
    filled_ms: i64,
}

impl RateLimit {
    /// Sets the limit, or takes it away.
    pub(crate) fn set(&self, per_second: Option<u32>, now_ms: i64) {
        let bucket = |per_second| Bucket { per_second, left: i64::from(per_second) * 1000, filled_ms: now_ms };
        *self.bucket.lock().unwrap_or_else(PoisonError::into_inner) = per_second.map(bucket);
    }

    /// Counts one call, or refuses it.
    pub(crate) fn count(&self, now_ms: i64) -> Result<(), Error> {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(bucket) = bucket.as_mut() else {
            return Ok(());
        };
        let rate = i64::from(bucket.per_second);
        let gained = rate.saturating_mul(now_ms.saturating_sub(bucket.filled_ms));
        bucket.left = bucket.left.saturating_add(gained).min(rate * 1000);
        bucket.filled_ms = now_ms;
        if bucket.left < 1000 {
            return Err(Error::provider_failed(429));
        }
        bucket.left -= 1000;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_beyond_the_limit_are_refused_until_time_has_passed() {
        let limit = RateLimit::default();
        assert!((0..1000).all(|_| limit.count(0).is_ok()), "without a limit, all pass");
        limit.set(Some(2), 0);
        assert_eq!(
            [0, 0, 0, 499, 500, 500].map(|now| limit.count(now).is_ok()),
            [true, true, false, false, true, false]
        );
        assert_eq!(
            [9_000, 9_000, 9_000].map(|now| limit.count(now).is_ok()),
            [true, true, false],
            "it does not save up"
        );
        limit.set(Some(0), 9_000);
        assert!(limit.count(99_000).is_err());
    }
}
