//! The provider's time: the machine's, plus an offset that a test moves forward. Nothing else in the crate may ask the machine.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Time as objects and deadlines see it. It never goes back.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset_ms: AtomicI64,
}

impl Clock {
    /// Milliseconds since 1970, offset included.
    pub(crate) fn now_ms(&self) -> i64 {
        real_ms() + self.offset_ms.load(Ordering::Relaxed)
    }

    /// Moves time forward and returns the whole offset in milliseconds.
    pub(crate) fn advance(&self, seconds: u32) -> i64 {
        let step = i64::from(seconds) * 1000;
        self.offset_ms.fetch_add(step, Ordering::Relaxed) + step
    }

    /// Restores the offset of an earlier run, so that time does not fall back at a restart.
    pub(crate) fn restore(&self, offset_ms: i64) {
        self.offset_ms.store(offset_ms, Ordering::Relaxed);
    }

    /// The whole offset in milliseconds.
    pub(crate) fn offset_ms(&self) -> i64 {
        self.offset_ms.load(Ordering::Relaxed)
    }
}

/// The machine's time in seconds. A signature is dated with it, because the receiver checks it against its own clock.
pub(crate) fn real_seconds() -> i64 {
    real_ms() / 1000
}

#[expect(clippy::disallowed_methods, reason = "this module is the one place that may ask the machine for the time")]
fn real_ms() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}
