//! `GET /v1/venues/{venue_id}`

use foundation::id::VenueId;
use ticketing::store::venues;

use super::VenueView;
use crate::web::{Allowed, Answer, Path, Reply, scope::VenuesRead};

/// Reads a venue.
#[utoipa::path(get, path = "/v1/venues/{venue_id}", tag = "Venues", params(("venue_id" = VenueId, Path)), responses((status = 200, body = VenueView)))]
pub(crate) async fn get(allowed: Allowed<VenuesRead>, Path(id): Path<VenueId>) -> Answer {
    let venue = venues::get(&mut allowed.snapshot().await?, id).await?;
    let version = venue.version;
    Reply::versioned(&VenueView::from(venue), version)
}
