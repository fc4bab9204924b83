//! `PATCH /v1/venues/{venue_id}`

use foundation::id::VenueId;
use serde::Deserialize;
use ticketing::use_cases::update_venue::{VenueChanges, update_venue};
use utoipa::ToSchema;

use super::VenueView;
use crate::web::{Allowed, Answer, Body, IfMatch, Path, Reply, caller::commit, scope::VenuesWrite};

/// What to change; what is left out stays. Country and time zone stay: local times rest on them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VenueChanges)]
pub(crate) struct VenueChangesBody {
    name: Option<String>,
    city: Option<String>,
}

/// Changes a venue.
#[utoipa::path(patch, path = "/v1/venues/{venue_id}", tag = "Venues", params(("venue_id" = VenueId, Path)), request_body = VenueChangesBody, responses((status = 200, body = VenueView)))]
pub(crate) async fn update(
    allowed: Allowed<VenuesWrite>,
    Path(id): Path<VenueId>,
    IfMatch(version): IfMatch,
    Body(body): Body<VenueChangesBody>,
) -> Answer {
    let mut tx = allowed.tx().await?;
    let venue = update_venue(&mut tx, id, version, VenueChanges { name: body.name, city: body.city }).await?;
    commit(tx).await?;
    let version = venue.version;
    Reply::versioned(&VenueView::from(venue), version)
}
