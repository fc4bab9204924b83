//! When periods end: at midnight where the reseller is, every day, week or month.

use foundation::{Instant, Refusal};
use jiff::{Timestamp, civil::Weekday, tz::TimeZone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How often a period is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Every {
    /// At each midnight.
    Day,
    /// At the midnight before each Monday.
    Week,
    /// At the midnight before the first of each month.
    Month,
    /// Only when that is asked for.
    Never,
}

/// The reseller's time zone by this IANA name.
///
/// # Errors
/// `invalid_field` if there is none.
pub(crate) fn zone(name: &str) -> Result<TimeZone, Refusal> {
    TimeZone::get(name)
        .map_err(|_| Refusal::field("/time_zone", "must be a time zone of the IANA database, such as Europe/Amsterdam"))
}

/// The first end of a period after this time.
pub(crate) fn next_end(every: Every, zone: &TimeZone, after: Instant) -> Instant {
    let Ok(now) = Timestamp::from_microsecond(after.as_micros()) else { return Instant::NEVER };
    let today = now.to_zoned(zone.clone()).date();
    let day = match every {
        Every::Day => today.tomorrow(),
        Every::Week => today.nth_weekday(1, Weekday::Monday),
        Every::Month => today.last_of_month().tomorrow(),
        Every::Never => return Instant::NEVER,
    };
    // A midnight that clocks pass over is the first moment after it.
    day.and_then(|day| day.to_zoned(zone.clone())).map_or(Instant::NEVER, |midnight| midnight.timestamp().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse::<Timestamp>().unwrap().into()
    }

    #[test]
    fn a_period_ends_at_the_resellers_midnight() {
        let amsterdam = zone("Europe/Amsterdam").unwrap();
        for (every, after, end) in [
            (Every::Day, "2027-03-27T12:00:00Z", "2027-03-27T23:00:00Z"),
            // Clocks go forward in between: the day has 23 hours.
            (Every::Day, "2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z"),
            (Every::Week, "2027-03-24T12:00:00Z", "2027-03-28T22:00:00Z"),
            (Every::Week, "2027-03-28T22:00:00Z", "2027-04-04T22:00:00Z"),
            (Every::Month, "2027-02-28T22:59:59Z", "2027-02-28T23:00:00Z"),
            (Every::Month, "2027-02-28T23:00:00Z", "2027-03-31T22:00:00Z"),
            (Every::Month, "2027-12-31T12:00:00Z", "2027-12-31T23:00:00Z"),
        ] {
            assert_eq!(next_end(every, &amsterdam, at(after)), at(end), "{every:?} after {after}");
        }
        assert_eq!(next_end(Every::Never, &amsterdam, at("2027-01-01T00:00:00Z")), Instant::NEVER);
        // In Beirut clocks go forward at midnight.
        assert_eq!(
            next_end(Every::Day, &zone("Asia/Beirut").unwrap(), at("2027-03-27T12:00:00Z")),
            at("2027-03-27T22:00:00Z")
        );
        assert!(zone("Europe/Amsterdm").is_err());
    }
}
