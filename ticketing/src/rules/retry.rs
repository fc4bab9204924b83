//! When work that failed is tried again.

use std::time::Duration;

/// The longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_hours(1);

/// How long to wait after so many tries have failed: 1 s, 2 s, 4 s … up to an hour. Without jitter, because each object has its
/// own beginning and the work is done a few at a time.
#[must_use]
pub fn pause_after(tries: i16) -> Duration {
    let doublings = u32::try_from(tries.saturating_sub(1)).unwrap_or(0);
    Duration::from_secs(2_u64.saturating_pow(doublings)).min(PAUSE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour() {
        let seconds: Vec<u64> = (1..=13).map(|tries| pause_after(tries).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600]);
        assert_eq!((pause_after(0).as_secs(), pause_after(i16::MAX).as_secs()), (1, 3600));
    }
}
