//! Points in time. No rule reads the process's clock: `now` comes from the cell's database (`cell_now()`), so that two
//! processes never disagree about an expiry and a test environment's clock can be moved.

use std::{fmt, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sqlx::{
    Decode, Encode, Postgres, Type, TypeInfo as _,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueFormat, PgValueRef},
};

/// A point in time, to the microsecond as PostgreSQL keeps it; on the wire RFC 3339 in UTC.
/// PostgreSQL's `infinity` and `-infinity` are [`Instant::NEVER`] and [`Instant::LONG_AGO`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Timestamp);

/// Microseconds between 1970 and 2000, where PostgreSQL counts from.
const POSTGRES_EPOCH_US: i64 = 946_684_800_000_000;
/// The seconds from 1970 back to the year 1: RFC 3339 writes no year before 0, and PostgreSQL knows none before -4713.
const YEAR_ONE_S: i64 = -62_135_596_800;

impl Instant {
    /// After every other instant.
    pub const NEVER: Self = Self(Timestamp::MAX);
    /// Before every other instant.
    pub const LONG_AGO: Self = Self(Timestamp::MIN);

    /// Microseconds since 1970.
    #[must_use]
    pub fn as_micros(self) -> i64 {
        self.0.as_microsecond()
    }

    /// The instant of so many microseconds since 1970; beyond the calendar, its end on that side.
    #[must_use]
    pub fn from_micros(micros: i64) -> Self {
        let end = if micros < 0 { Self::LONG_AGO } else { Self::NEVER };
        Timestamp::from_microsecond(micros).map_or(end, Self)
    }

    /// The instant this long after; [`Instant::NEVER`] where the calendar ends.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        SignedDuration::try_from(span).ok().and_then(|span| self.0.checked_add(span).ok()).map_or(Self::NEVER, Self)
    }

    /// How long from `earlier` to this instant; zero if it is not later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::try_from(self.0.duration_since(earlier.0)).unwrap_or(Duration::ZERO)
    }

    /// Reads RFC 3339 with an offset.
    pub(crate) fn read(text: &str) -> Option<Self> {
        text.parse::<Timestamp>().ok().filter(|read| read.as_second() >= YEAR_ONE_S).map(Self::from)
    }

    /// Seconds since 1970, rounded down.
    #[must_use]
    pub fn as_seconds(self) -> i64 {
        self.0.as_second()
    }
}

impl From<Timestamp> for Instant {
    fn from(timestamp: Timestamp) -> Self {
        // What PostgreSQL would cut off is cut off here, so that a value equals itself after a round trip.
        Self(Timestamp::from_microsecond(timestamp.as_microsecond()).unwrap_or(timestamp))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::read(&text).ok_or_else(|| {
            de::Error::custom(format_args!(
                "`{text}` is not an RFC 3339 time with an offset, such as 2027-05-01T19:30:00Z"
            ))
        })
    }
}

impl Type<Postgres> for Instant {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("timestamptz")
    }
    fn compatible(ty: &PgTypeInfo) -> bool {
        ty.name().eq_ignore_ascii_case("timestamptz")
    }
}
impl PgHasArrayType for Instant {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("_timestamptz")
    }
}
impl Encode<'_, Postgres> for Instant {
    fn encode_by_ref(&self, buf: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let micros = if *self == Self::NEVER {
            i64::MAX
        } else if *self == Self::LONG_AGO {
            i64::MIN
        } else {
            self.0.as_microsecond() - POSTGRES_EPOCH_US
        };
        buf.extend_from_slice(&micros.to_be_bytes());
        Ok(IsNull::No)
    }
}
impl Decode<'_, Postgres> for Instant {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        if value.format() == PgValueFormat::Text {
            return Err("timestamps are read in PostgreSQL's binary form only".into());
        }
        let bytes = value.as_bytes()?;
        match i64::from_be_bytes(bytes.try_into()?) {
            i64::MAX => Ok(Self::NEVER),
            i64::MIN => Ok(Self::LONG_AGO),
            micros => Ok(Self(Timestamp::from_microsecond(micros.saturating_add(POSTGRES_EPOCH_US))?)),
        }
    }
}

impl utoipa::PartialSchema for Instant {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::DateTime)))
            .into()
    }
}
impl utoipa::ToSchema for Instant {
    fn name() -> std::borrow::Cow<'static, str> {
        "Instant".into()
    }
}

/// Whether this is a time zone of the IANA database.
#[must_use]
pub fn is_time_zone(name: &str) -> bool {
    jiff::tz::TimeZone::get(name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Instant, String> {
        serde_json::from_value(text.into()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_time_is_read_with_any_offset_and_written_in_utc() {
        let time = read("2027-05-01T21:30:00.1234567+02:00").unwrap();
        assert_eq!(serde_json::to_string(&time).unwrap(), r#""2027-05-01T19:30:00.123456Z""#);
        assert_eq!(format!("{time:?}"), time.to_string(), "in logs too");
        assert_eq!(Instant::from_micros(time.as_micros()), time);
    }

    #[test]
    fn what_is_no_time_is_refused_with_one_that_is() {
        for wrong in ["tomorrow", "2027-05-01", "2027-05-01T19:30:00", "-000001-12-31T00:00:00Z"] {
            let told = format!("`{wrong}` is not an RFC 3339 time with an offset, such as 2027-05-01T19:30:00Z");
            assert_eq!(read(wrong), Err(told));
        }
    }

    #[test]
    fn beyond_the_calendar_is_its_end() {
        assert_eq!(
            (Instant::from_micros(i64::MAX), Instant::from_micros(i64::MIN)),
            (Instant::NEVER, Instant::LONG_AGO)
        );
        assert_eq!(read("2027-05-01T00:00:00Z").unwrap().plus(Duration::MAX), Instant::NEVER);
        assert_eq!(Instant::LONG_AGO.since(Instant::NEVER), Duration::ZERO);
    }
}
