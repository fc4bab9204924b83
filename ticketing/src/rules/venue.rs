//! What a venue must be before it is written. Pure.

use foundation::{Country, Refusal, id::VenueId, refusal::FieldErrors, time::is_time_zone};

use super::words::name;

/// A venue to be written.
#[derive(Debug, Clone)]
pub struct NewVenue {
    /// What it is called.
    pub name: String,
    /// The city it is in.
    pub city: String,
    /// ISO 3166 alpha-2, upper case.
    pub country: String,
    /// IANA time zone.
    pub time_zone: String,
}

impl NewVenue {
    /// Checks every field.
    ///
    /// # Errors
    /// `invalid_field`, naming all that are wrong.
    pub fn check(&self) -> Result<(), Refusal> {
        let mut fields = FieldErrors::default();
        name(&mut fields, "/name", &self.name);
        name(&mut fields, "/city", &self.city);
        if let Err(refused) = self.country.parse::<Country>() {
            fields.check(false, "/country", refused.to_string());
        }
        let zone = format!("`{}` is not a time zone of the IANA database, such as Europe/Amsterdam", self.time_zone);
        fields.check(is_time_zone(&self.time_zone), "/time_zone", zone);
        fields.done()
    }
}

/// A venue.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Venue {
    /// Its id.
    #[sqlx(rename = "venue_id")]
    pub id: VenueId,
    /// What it is called.
    pub name: String,
    /// The city it is in.
    pub city: String,
    /// ISO 3166 alpha-2.
    pub country: String,
    /// IANA time zone.
    pub time_zone: String,
    /// Counts its changes.
    pub version: i64,
}
