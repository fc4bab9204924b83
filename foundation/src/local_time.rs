//! Times as people give them: with their offset, or as the clock on a venue's wall shows them. The second kind is an instant
//! only together with a time zone, and twice a year is none at all, or two: that is refused, never guessed.

use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, Offset, TimeZone},
};
use serde::{Deserialize, Deserializer, de};

use crate::{refusal::Code, time::Instant};

/// A time as it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// With its offset from UTC.
    At(Instant),
    /// As the clock on the wall shows it.
    Local(DateTime),
}

/// Why a time of the clock on the wall is no instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoInstant {
    /// The zone is not in the IANA database.
    #[error("cannot be read, because `{0}` is no time zone of the IANA database")]
    NoZone(String),
    /// Clocks go forward over it.
    #[error(
        "does not exist in {zone}, where clocks go forward over {local} that night; the times around it are {before} and {after}"
    )]
    Skipped {
        /// The time as given.
        local: DateTime,
        /// The zone.
        zone: String,
        /// As far before the change as `after` is behind it.
        before: String,
        /// What the clock shows instead.
        after: String,
    },
    /// Clocks go back, and show it twice.
    #[error(
        "is there twice in {zone}, where clocks show {local} before and after they go back; send {first} or {second}"
    )]
    Twice {
        /// The time as given.
        local: DateTime,
        /// The zone.
        zone: String,
        /// The first time, with its offset.
        first: String,
        /// The second time, with its offset.
        second: String,
    },
}

impl NoInstant {
    /// The stable code of the refusal.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::NoZone(_) => Code::InvalidField,
            Self::Skipped { .. } => Code::LocalTimeMissing,
            Self::Twice { .. } => Code::LocalTimeAmbiguous,
        }
    }
}

impl When {
    /// The instant that this is in an IANA time zone.
    ///
    /// # Errors
    /// Why there is none, or not one.
    pub fn in_zone(self, zone: &str) -> Result<Instant, NoInstant> {
        let local = match self {
            Self::At(instant) => return Ok(instant),
            Self::Local(local) => local,
        };
        let no_zone = || NoInstant::NoZone(zone.to_owned());
        let rules = TimeZone::get(zone).map_err(|_| no_zone())?;
        let with = |offset: Offset| offset.to_timestamp(local).map_err(|_| no_zone());
        match rules.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => Ok(Instant::from(with(offset)?)),
            AmbiguousOffset::Gap { before, after } => Err(NoInstant::Skipped {
                local,
                zone: zone.to_owned(),
                before: written(with(after)?, before),
                after: written(with(before)?, after),
            }),
            AmbiguousOffset::Fold { before, after } => Err(NoInstant::Twice {
                local,
                zone: zone.to_owned(),
                first: written(with(before)?, before),
                second: written(with(after)?, after),
            }),
        }
    }
}

/// RFC 3339 with this offset.
fn written(at: Timestamp, offset: Offset) -> String {
    at.display_with_offset(offset).to_string()
}

impl From<Instant> for When {
    fn from(at: Instant) -> Self {
        Self::At(at)
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        if let Some(at) = Instant::read(&text) {
            return Ok(Self::At(at));
        }
        // A date and a time of day and nothing after it, so that no offset, zone or `Z` is passed over.
        let bare = text.as_bytes().get(10).is_some_and(|b| matches!(b, b'T' | b't' | b' '))
            && text.len() >= "2027-05-01T19:30".len()
            && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b':' | b'.' | b'T' | b't' | b' '))
            && text.bytes().filter(|b| *b == b'-').count() == 2;
        let local = text.parse::<DateTime>().ok().filter(|local| bare && local.year() >= 1);
        local.map(Self::Local).ok_or_else(|| {
            de::Error::custom(format_args!(
                "`{text}` is not a time: send it with an offset, such as 2027-05-01T19:30:00Z, or as the venue's clock \
                 shows it, such as 2027-05-01T21:30:00"
            ))
        })
    }
}

impl utoipa::PartialSchema for When {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some(
                "RFC 3339 with an offset (`2027-05-01T19:30:00Z`), or without one (`2027-05-01T21:30:00`): then it is what the \
                 clock at the venue shows.",
            ))
            .examples(["2027-05-01T21:30:00+02:00"])
            .into()
    }
}
impl utoipa::ToSchema for When {
    fn name() -> std::borrow::Cow<'static, str> {
        "When".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<When, String> {
        serde_json::from_value(text.into()).map_err(|error| error.to_string())
    }

    fn amsterdam(text: &str) -> Result<String, NoInstant> {
        read(text).unwrap().in_zone("Europe/Amsterdam").map(|at| at.to_string())
    }

    #[test]
    fn a_time_is_read_with_its_offset_or_as_the_clock_on_the_wall() {
        assert_eq!(amsterdam("2027-05-01T21:30:00+02:00").unwrap(), "2027-05-01T19:30:00Z");
        assert_eq!(amsterdam("2027-05-01T21:30:00").unwrap(), "2027-05-01T19:30:00Z", "in summer");
        assert_eq!(amsterdam("2027-01-01T21:30").unwrap(), "2027-01-01T20:30:00Z", "in winter");
        for wrong in ["2027-05-01", "21:30", "2027-05-01T21:30:00[Europe/Paris]", "2027-05-01T21", "soon", ""] {
            assert!(read(wrong).unwrap_err().contains("2027-05-01T21:30:00"), "{wrong}");
        }
    }

    #[test]
    fn a_time_that_clocks_jump_over_is_refused_with_those_around_it() {
        let refused = amsterdam("2027-03-28T02:30:00").unwrap_err();
        assert_eq!(refused.code(), Code::LocalTimeMissing);
        let told = refused.to_string();
        assert!(told.contains("2027-03-28T01:30:00+01:00 and 2027-03-28T03:30:00+02:00"), "{told}");
        assert_eq!(
            amsterdam("2027-03-28T02:30:00+02:00").unwrap(),
            "2027-03-28T00:30:00Z",
            "an offset leaves no doubt"
        );
        assert_eq!(amsterdam("2027-03-28T01:59:59").unwrap(), "2027-03-28T00:59:59Z");
        assert_eq!(amsterdam("2027-03-28T03:00:00").unwrap(), "2027-03-28T01:00:00Z");
    }

    #[test]
    fn a_time_that_clocks_show_twice_is_refused_with_both() {
        let refused = amsterdam("2027-10-31T02:30:00").unwrap_err();
        assert_eq!(refused.code(), Code::LocalTimeAmbiguous);
        let told = refused.to_string();
        assert!(told.contains("2027-10-31T02:30:00+02:00 or 2027-10-31T02:30:00+01:00"), "{told}");
        assert_eq!(amsterdam("2027-10-31T02:30:00+01:00").unwrap(), "2027-10-31T01:30:00Z");
    }

    #[test]
    fn a_zone_that_does_not_exist_makes_no_instant() {
        let refused = read("2027-05-01T21:30:00").unwrap().in_zone("Europe/Atlantis").unwrap_err();
        assert_eq!((refused.code(), refused), (Code::InvalidField, NoInstant::NoZone("Europe/Atlantis".to_owned())));
    }
}
