//! `/v1/venues`

pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod layouts;
pub(crate) mod list;
pub(crate) mod tasks;
pub(crate) mod update;

use foundation::id::VenueId;
use serde::Serialize;
use ticketing::rules::venue::Venue;
use utoipa::ToSchema;

/// A place where performances are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Venue)]
pub(crate) struct VenueView {
    id: VenueId,
    /// What it is called.
    name: String,
    /// The city it is in.
    city: String,
    /// ISO 3166 alpha-2.
    country: String,
    /// IANA time zone of its performances' local times.
    time_zone: String,
    /// Counts its changes; also the ETag.
    version: i64,
}

impl From<Venue> for VenueView {
    fn from(venue: Venue) -> Self {
        let Venue { id, name, city, country, time_zone, version } = venue;
        Self { id, name, city, country, time_zone, version }
    }
}
