//! Changes a venue's details.

use foundation::{Result, TenantTx, id::VenueId, version::IfVersion};

use super::stale;
use crate::{
    rules::venue::{NewVenue, Venue},
    store::venues,
};

/// What to change; what is not said stays.
#[derive(Debug, Clone, Default)]
pub struct VenueChanges {
    /// The name.
    pub name: Option<String>,
    /// The city.
    pub city: Option<String>,
}

/// Changes the venue of this version; where nothing changes, nothing is written. Country and time zone stay: the local times of its performances rest on them.
///
/// # Errors
/// `not_found`, `if_match_stale`, `invalid_field`.
pub async fn update_venue(
    tx: &mut TenantTx,
    id: VenueId,
    version: impl Into<IfVersion>,
    changes: VenueChanges,
) -> Result<Venue> {
    venues::lock(tx, id).await?;
    let venue = venues::get(tx, id).await?;
    if !version.into().admits(venue.version) {
        return Err(stale().into());
    }
    let to = NewVenue {
        name: changes.name.unwrap_or_else(|| venue.name.clone()),
        city: changes.city.unwrap_or_else(|| venue.city.clone()),
        country: venue.country.clone(),
        time_zone: venue.time_zone.clone(),
    };
    to.check()?;
    if (&to.name, &to.city) == (&venue.name, &venue.city) {
        return Ok(venue);
    }
    Ok(venues::update(tx, id, venue.version, &to).await?.ok_or_else(stale)?)
}
