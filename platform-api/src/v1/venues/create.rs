//! `POST /v1/venues`

use axum::http::StatusCode;
use serde::Deserialize;
use ticketing::{rules::venue::NewVenue, store::venues};
use utoipa::ToSchema;

use super::VenueView;
use crate::web::{Allowed, Answer, Keyed, scope::VenuesWrite};

/// A venue to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewVenue)]
pub(crate) struct NewVenueBody {
    #[schema(example = "Royal Theatre")]
    name: String,
    #[schema(example = "Amsterdam")]
    city: String,
    /// ISO 3166 alpha-2, upper case.
    #[schema(example = "NL")]
    country: String,
    /// IANA time zone.
    #[schema(example = "Europe/Amsterdam")]
    time_zone: String,
}

/// Creates a venue.
#[utoipa::path(post, path = "/v1/venues", tag = "Venues", request_body = NewVenueBody, responses((status = 201, body = VenueView)))]
pub(crate) async fn create(allowed: Allowed<VenuesWrite>, Keyed { key, body }: Keyed<NewVenueBody>) -> Answer {
    let new = NewVenue { name: body.name, city: body.city, country: body.country, time_zone: body.time_zone };
    let mut call = allowed.begin(key).await?;
    new.check()?;
    let venue = venues::insert(&mut call.tx, &new).await?;
    let version = venue.version;
    call.finish(StatusCode::CREATED, &VenueView::from(venue), Some(version)).await
}
