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

/// Changes the venue of this version. Country and time zone stay: the local times of its performances rest on them.
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
        name: changes.name.unwrap_or(venue.name),
        city: changes.city.unwrap_or(venue.city),
        country: venue.country,
        time_zone: venue.time_zone,
    };
    to.check()?;
    Ok(venues::update(tx, id, venue.version, &to).await?.ok_or_else(stale)?)
}
