//! When a letter that was put off is tried again. Pure: chance comes in as a parameter.

use std::{ops::RangeInclusive, time::Duration};

/// The waits after the first to the eighth try, in seconds: 1 min, 5 min, 15 min, 1 h, 3 h, 6 h, 12 h, 24 h. After the ninth,
/// some 46 hours on, it is given up.
const WAITS: [u64; 8] = [60, 300, 900, 3_600, 10_800, 21_600, 43_200, 86_400];

/// The jitter's bounds in parts of a thousand: a mail server that comes back is not met by everything at once.
pub(crate) const JITTER: RangeInclusive<u32> = 800..=1_200;

/// How long to wait after this try, counted from 1; none when it was the last.
pub(crate) fn wait(attempt: i32, jitter: u32) -> Option<Duration> {
    let wait = usize::try_from(attempt).ok()?.checked_sub(1).and_then(|nth| WAITS.get(nth))?;
    Some(Duration::from_secs(*wait) * jitter / 1_000)
}

/// Whether this would be a try after the last.
pub(crate) fn is_over(attempt: i32) -> bool {
    usize::try_from(attempt).is_ok_and(|attempt| attempt > WAITS.len() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_tries_over_forty_seven_hours() {
        let waits: Vec<_> = (1..).map_while(|attempt| wait(attempt, 1_000)).collect();
        assert_eq!(waits.len(), 8);
        assert_eq!(waits.iter().sum::<Duration>(), Duration::from_secs(46 * 3_600 + 21 * 60));
        assert!(waits.is_sorted());
        assert_eq!((wait(0, 1_000), wait(9, 1_000), wait(i32::MAX, 1_000)), (None, None, None));
        assert_eq!((is_over(9), is_over(10)), (false, true));
    }

    #[test]
    fn jitter_moves_a_wait_by_a_fifth_at_most() {
        assert_eq!(wait(2, *JITTER.start()), Some(Duration::from_secs(240)));
        assert_eq!(wait(2, *JITTER.end()), Some(Duration::from_secs(360)));
    }
}
