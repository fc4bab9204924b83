//! The SQL of venues.

use foundation::{Refusal, Result, TenantTx, id::VenueId};

use crate::rules::venue::{NewVenue, Venue};

/// Writes a venue.
///
/// # Errors
/// The database's.
pub async fn insert(tx: &mut TenantTx, new: &NewVenue) -> Result<Venue> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "insert into venues (reseller_id, venue_id, name, city, country, time_zone, created_at)
         values ($1, $2, $3, $4, $5, $6, cell_now()) returning venue_id, name, city, country, time_zone, version",
    )
    .bind(reseller)
    .bind(VenueId::new())
    .bind(&new.name)
    .bind(&new.city)
    .bind(&new.country)
    .bind(&new.time_zone)
    .fetch_one(tx.conn())
    .await?)
}

/// The venue of this id.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get(tx: &mut TenantTx, id: VenueId) -> Result<Venue> {
    let reseller = tx.reseller();
    let venue: Option<Venue> = sqlx::query_as(
        "select venue_id, name, city, country, time_zone, version from venues where reseller_id = $1 and venue_id = $2",
    )
    .bind(reseller)
    .bind(id)
    .fetch_optional(tx.conn())
    .await?;
    Ok(venue.ok_or_else(|| Refusal::missing("venue"))?)
}

/// The time zones of these venues, in their order.
///
/// # Errors
/// `not_found` if one of them is not there, or the database's.
pub async fn zones(tx: &mut TenantTx, ids: &[VenueId]) -> Result<Vec<String>> {
    let reseller = tx.reseller();
    let zones: Vec<String> = sqlx::query_scalar(
        "select v.time_zone from unnest($2::uuid[]) with ordinality as w (venue_id, nth)
         join venues v on v.reseller_id = $1 and v.venue_id = w.venue_id order by w.nth",
    )
    .bind(reseller)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?;
    if zones.len() < ids.len() {
        return Err(Refusal::missing("venue").into());
    }
    Ok(zones)
}

/// A page of venues in the order of their ids.
///
/// # Errors
/// The database's.
pub async fn list(tx: &mut TenantTx, after: Option<VenueId>, limit: i64) -> Result<Vec<Venue>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select venue_id, name, city, country, time_zone, version from venues
         where reseller_id = $1 and ($2::uuid is null or venue_id > $2) order by venue_id limit $3",
    )
    .bind(reseller)
    .bind(after)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// Holds other changes of a venue off until the transaction ends: what is read of it now stays.
///
/// # Errors
/// The database's.
pub async fn lock(tx: &mut TenantTx, id: VenueId) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query("select venue_id from venues where reseller_id = $1 and venue_id = $2 for no key update")
        .bind(reseller)
        .bind(id)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Changes a venue of this version; none if the version is another.
///
/// # Errors
/// The database's.
pub async fn update(tx: &mut TenantTx, id: VenueId, version: i64, to: &NewVenue) -> Result<Option<Venue>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "update venues set name = $4, city = $5, country = $6, time_zone = $7, version = version + 1
         where reseller_id = $1 and venue_id = $2 and version = $3
         returning venue_id, name, city, country, time_zone, version",
    )
    .bind(reseller)
    .bind(id)
    .bind(version)
    .bind(&to.name)
    .bind(&to.city)
    .bind(&to.country)
    .bind(&to.time_zone)
    .fetch_optional(tx.conn())
    .await?)
}
