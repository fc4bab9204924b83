//! When a failed delivery is tried again. Pure: chance and time come in as parameters.

use std::time::Duration;

use foundation::Instant;

/// The waits after the first to the ninth failure, in seconds: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h. After
/// the tenth, some 75 hours on, it is given up.
const WAITS: [u64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// The jitter's bounds in parts of a thousand: an endpoint that comes back is not met by everything at once.
pub(crate) const JITTER: std::ops::RangeInclusive<u32> = 800..=1_200;

/// How long to wait after so many failed attempts; none when there is no further attempt. What the endpoint asks for counts
/// between the schedule's wait and twice that. An ordered endpoint is never passed over: for it the last wait goes on.
pub(crate) fn wait(failures: u32, jitter: u32, retry_after: Option<Duration>, ordered: bool) -> Option<Duration> {
    let nth = usize::try_from(failures).ok()?.checked_sub(1)?;
    let base = Duration::from_secs(*WAITS.get(nth).or_else(|| WAITS.last().filter(|_| ordered))?);
    Some(retry_after.map_or(base * jitter / 1_000, |asked| asked.clamp(base, base * 2)))
}

/// Reads a `Retry-After`, in seconds (a fraction counts as begun) or as an HTTP-date.
pub(crate) fn retry_after(header: &str, now: Instant) -> Option<Duration> {
    let header = header.trim();
    let (whole, fraction) = header.split_once('.').unwrap_or((header, "0"));
    if [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())) {
        let begun = u64::from(fraction.bytes().any(|b| b != b'0'));
        return Some(Duration::from_secs(whole.parse().unwrap_or(u64::MAX).saturating_add(begun)));
    }
    let until = jiff::fmt::rfc2822::parse(header).ok()?;
    Some(Instant::from(until.timestamp()).since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAIR: u32 = 1_000;

    #[test]
    fn ten_attempts_over_seventy_five_hours() {
        let waits: Vec<_> = (1..).map_while(|failures| wait(failures, FAIR, None, false)).collect();
        assert_eq!(waits.len(), 9);
        assert_eq!(waits.iter().sum::<Duration>(), Duration::from_secs(75 * 3_600 + 35 * 60 + 5));
        assert_eq!(wait(10, FAIR, Some(Duration::from_secs(1)), false), None);
        assert_eq!(wait(99, FAIR, None, true), Some(Duration::from_hours(24)));
    }

    #[test]
    fn jitter_moves_a_wait_by_a_fifth_at_most() {
        assert_eq!(wait(2, *JITTER.start(), None, false), Some(Duration::from_secs(240)));
        assert_eq!(wait(2, *JITTER.end(), None, false), Some(Duration::from_secs(360)));
    }

    #[test]
    fn what_the_endpoint_asks_for_counts_within_bounds() {
        let asked = |seconds| wait(2, FAIR, Some(Duration::from_secs(seconds)), false).unwrap().as_secs();
        assert_eq!([asked(0), asked(299), asked(400), asked(601), asked(u64::MAX)], [300, 300, 400, 600, 600]);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = Instant::from("1994-11-06T08:49:07Z".parse::<jiff::Timestamp>().unwrap());
        let read = |header| retry_after(header, now).map(|d| d.as_secs());
        assert_eq!(read("120"), Some(120));
        assert_eq!(read(" 7 "), Some(7));
        assert_eq!((read("1.5"), read("2.0")), (Some(2), Some(2)));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(30));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:00 GMT"), Some(0), "a past date asks for nothing");
        assert_eq!(read("99999999999999999999999"), Some(u64::MAX));
        for rubbish in ["", "soon", "-1", "1.", ".5", "1.5.2", "5 s"] {
            assert_eq!(read(rubbish), None, "{rubbish}");
        }
    }
}
