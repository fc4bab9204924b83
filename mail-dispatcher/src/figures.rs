//! Times and amounts as a reader of each language writes them.

use foundation::{Instant, Money, mail::Language};
use jiff::{Timestamp, Zoned, tz::TimeZone};

const DAYS_EN: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const DAYS_NL: [&str; 7] = ["maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MONTHS_NL: [&str; 12] = [
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
];

/// Day and time in a zone of the IANA database; in UTC if the zone is not known here.
pub(crate) fn day_and_time(language: Language, at: Instant, zone: &str) -> String {
    let at = zoned(at, zone);
    let (day, time) = (day(language, &at), hour(&at));
    let zone = at.time_zone().iana_name().unwrap_or("UTC");
    match language {
        Language::En => format!("{day}, {time} ({zone})"),
        Language::Nl => format!("{day}, {time} uur ({zone})"),
    }
}

/// The time alone.
pub(crate) fn time(language: Language, at: Instant, zone: &str) -> String {
    let time = hour(&zoned(at, zone));
    match language {
        Language::En => time,
        Language::Nl => format!("{time} uur"),
    }
}

/// An amount with its currency.
pub(crate) fn money(language: Language, money: Money) -> String {
    let amount = money.amount().to_string();
    match language {
        Language::En => format!("{} {amount}", money.currency()),
        Language::Nl => format!("{} {}", money.currency(), amount.replace('.', ",")),
    }
}

/// As the libraries of dates and messages know it.
pub(crate) fn timestamp(at: Instant) -> Timestamp {
    Timestamp::from_microsecond(at.as_micros()).unwrap_or(Timestamp::MAX)
}

fn zoned(at: Instant, zone: &str) -> Zoned {
    timestamp(at).to_zoned(TimeZone::get(zone).unwrap_or(TimeZone::UTC))
}

fn day(language: Language, at: &Zoned) -> String {
    let name = |names: &[&'static str], nth: i8| {
        usize::try_from(nth).ok().and_then(|nth| names.get(nth).copied()).unwrap_or_default()
    };
    let (days, months) = match language {
        Language::En => (DAYS_EN, MONTHS_EN),
        Language::Nl => (DAYS_NL, MONTHS_NL),
    };
    let day = name(&days, at.weekday().to_monday_zero_offset());
    format!("{day} {} {} {}", at.day(), name(&months, at.month() - 1), at.year())
}

fn hour(at: &Zoned) -> String {
    format!("{:02}:{:02}", at.hour(), at.minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_where_the_performance_is() {
        let at: Instant = serde_json::from_str("\"2035-05-01T17:30:00Z\"").unwrap();
        assert_eq!(day_and_time(Language::En, at, "Europe/Amsterdam"), "Tuesday 1 May 2035, 19:30 (Europe/Amsterdam)");
        assert_eq!(
            day_and_time(Language::Nl, at, "America/New_York"),
            "dinsdag 1 mei 2035, 13:30 uur (America/New_York)"
        );
        assert_eq!(day_and_time(Language::En, at, "Nowhere/At_All"), "Tuesday 1 May 2035, 17:30 (UTC)");
        // The day is the venue's, not ours.
        assert!(day_and_time(Language::En, at, "Pacific/Auckland").starts_with("Wednesday 2 May 2035, 05:30"));
        assert_eq!(time(Language::Nl, at, "Europe/Amsterdam"), "19:30 uur");
    }

    #[test]
    fn an_amount_has_its_languages_decimal_point() {
        let read = |text: &str| serde_json::from_str::<Money>(text).unwrap();
        let euros = read(r#"{"amount":"1234.50","currency":"EUR"}"#);
        assert_eq!(
            (money(Language::En, euros), money(Language::Nl, euros)),
            ("EUR 1234.50".to_owned(), "EUR 1234,50".to_owned())
        );
        assert_eq!(money(Language::Nl, read(r#"{"amount":"900","currency":"JPY"}"#)), "JPY 900");
    }
}
