//! The SQL of venues.

use foundation::{Refusal, Result, TenantTx, id::VenueId};
use sqlx::AssertSqlSafe;

use crate::rules::{
    search::folded,
    venue::{NewVenue, Venue},
};

/// Writes a venue.
///
/// # Errors
/// The database's.
pub async fn insert(tx: &mut TenantTx, new: &NewVenue) -> Result<Venue> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "insert into venues (reseller_id, venue_id, name, city, city_key, country, time_zone, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, cell_now()) returning venue_id, name, city, country, time_zone, version",
    )
    .bind(reseller)
    .bind(VenueId::new())
    .bind(&new.name)
    .bind(&new.city)
    .bind(folded(&new.city))
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

/// These venues, in any order.
///
/// # Errors
/// The database's.
pub async fn of_ids(tx: &mut TenantTx, ids: &[VenueId]) -> Result<Vec<Venue>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select venue_id, name, city, country, time_zone, version from venues where reseller_id = $1 and venue_id = any($2)",
    )
    .bind(reseller)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?)
}

/// That a venue `v` has a performance to come of a show that anyone may find at `$2`: a venue of others would tell of plans.
const HAS_PUBLIC: &str = "exists (
    select from performances p join shows s on s.reseller_id = p.reseller_id and s.show_id = p.show_id
    where p.reseller_id = $1 and p.venue_id = v.venue_id and p.ends_at > $2
      and s.state = 'published' and s.visibility = 'public' and (s.public_from is null or s.public_from <= $2))";

/// A page of the venues where anyone may find something to come, in the order of their ids.
///
/// # Errors
/// The database's.
pub async fn list_public(
    tx: &mut TenantTx,
    city: Option<&str>,
    after: Option<VenueId>,
    limit: i64,
) -> Result<Vec<Venue>> {
    let (reseller, now) = (tx.reseller(), tx.now().await?);
    let list = format!(
        "select venue_id, name, city, country, time_zone, version from venues v
         where v.reseller_id = $1 and ($3::uuid is null or v.venue_id > $3) and ($4::text is null or v.city_key = $4)
           and {HAS_PUBLIC} order by v.venue_id limit $5"
    );
    Ok(sqlx::query_as(AssertSqlSafe(list))
        .bind(reseller)
        .bind(now)
        .bind(after)
        .bind(city.map(folded))
        .bind(limit)
        .fetch_all(tx.conn())
        .await?)
}

/// The venue of this id, if anyone may find something to come there.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get_public(tx: &mut TenantTx, id: VenueId) -> Result<Venue> {
    let (reseller, now) = (tx.reseller(), tx.now().await?);
    let get = format!(
        "select venue_id, name, city, country, time_zone, version from venues v
         where v.reseller_id = $1 and v.venue_id = $3 and {HAS_PUBLIC}"
    );
    let venue = sqlx::query_as(AssertSqlSafe(get)).bind(reseller).bind(now).bind(id).fetch_optional(tx.conn()).await?;
    Ok(venue.ok_or_else(|| Refusal::missing("venue"))?)
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
        "update venues set name = $4, city = $5, city_key = $6, country = $7, time_zone = $8, version = version + 1
         where reseller_id = $1 and venue_id = $2 and version = $3
         returning venue_id, name, city, country, time_zone, version",
    )
    .bind(reseller)
    .bind(id)
    .bind(version)
    .bind(&to.name)
    .bind(&to.city)
    .bind(folded(&to.city))
    .bind(&to.country)
    .bind(&to.time_zone)
    .fetch_optional(tx.conn())
    .await?)
}
