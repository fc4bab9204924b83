//! `/v1/public/{region}/{reseller_id}`: what anyone may read, without a key. What is hidden or not published answers as missing.

pub(crate) mod availability;
pub(crate) mod performances;
pub(crate) mod prices;
pub(crate) mod seat_map;
pub(crate) mod show;
pub(crate) mod shows;
pub(crate) mod stream;
pub(crate) mod venue;
pub(crate) mod venues;

use std::collections::HashMap;

use axum::http::request::Parts;
use foundation::{
    Currency, Error, Instant, Refusal, TenantTx,
    id::{PerformanceId, ResellerId, ShowId, VenueId},
};
use serde::Serialize;
use tenancy::{Caller, KeyKind};
use ticketing::{
    rules::{performance::Performance, show::Show, venue::Venue},
    store,
};
use utoipa::ToSchema;

use super::performances::PerformanceState;
use crate::{
    app::{App, CellServices},
    web::{Reply, caller::throttle_client, telemetry},
};

/// The cell of a reseller of whom anyone asks.
pub(crate) async fn reach(app: &App, parts: &Parts, region: &str, reseller: ResellerId) -> Result<CellServices, Reply> {
    let services = app.cell_of(region, reseller).await?;
    throttle_client(parts, app, &services).await?;
    telemetry::note_reseller(reseller);
    Ok(services)
}

/// The same, with its public shows to read.
pub(crate) async fn open(
    app: &App,
    parts: &Parts,
    region: &str,
    reseller: ResellerId,
) -> Result<(CellServices, TenantTx), Reply> {
    let services = reach(app, parts, region, reseller).await?;
    // A list would be empty, which says something else.
    if services.cell.mode_of(reseller).await?.is_none() {
        return Err(Error::from(Refusal::missing("reseller")).into());
    }
    let tx = services.cell.snapshot(reseller).await?;
    Ok((services, tx))
}

/// Refuses what is not public now, in the words for `what` was asked for and is not there.
pub(crate) async fn public(tx: &mut TenantTx, show: &Show, what: &'static str) -> Result<(), Error> {
    if show.is_public(tx.now().await?) { Ok(()) } else { Err(Refusal::missing(what).into()) }
}

/// The same for a caller with a key: a publishable one is in every browser and sees what anyone may.
pub(crate) async fn seen_by(tx: &mut TenantTx, caller: &Caller, show: &Show, what: &'static str) -> Result<(), Error> {
    if caller.kind == KeyKind::Publishable { public(tx, show, what).await } else { Ok(()) }
}

/// A show as anyone may see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PublicShow)]
pub(crate) struct PublicShowView {
    id: ShowId,
    title: String,
    description: String,
    /// What its prices are in.
    currency: Currency,
    /// Its dates; in a list at most 20, those to come before those that are over.
    performances: Vec<PublicPerformanceView>,
}

/// A performance as anyone may see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PublicPerformance)]
pub(crate) struct PublicPerformanceView {
    id: PerformanceId,
    show_id: ShowId,
    venue: PublicVenueView,
    doors_at: Instant,
    starts_at: Instant,
    ends_at: Instant,
    /// IANA zone of the local times.
    time_zone: String,
    on_sale_at: Instant,
    off_sale_at: Instant,
    state: PerformanceState,
}

/// A venue as anyone may see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = PublicVenue)]
pub(crate) struct PublicVenueView {
    id: VenueId,
    name: String,
    city: String,
    /// ISO 3166 alpha-2.
    country: String,
    /// IANA time zone.
    time_zone: String,
}

impl From<Venue> for PublicVenueView {
    fn from(venue: Venue) -> Self {
        let Venue { id, name, city, country, time_zone, .. } = venue;
        Self { id, name, city, country, time_zone }
    }
}

/// Performances with their venues, as anyone may see them.
pub(crate) async fn dates(
    tx: &mut TenantTx,
    performances: Vec<Performance>,
) -> Result<Vec<PublicPerformanceView>, Error> {
    let mut at: Vec<VenueId> = performances.iter().map(|performance| performance.venue).collect();
    at.sort_unstable();
    at.dedup();
    let venues: HashMap<VenueId, PublicVenueView> =
        store::venues::of_ids(tx, &at).await?.into_iter().map(|venue| (venue.id, venue.into())).collect();
    let view = |performance: Performance| {
        let times = performance.times;
        let venue = venues.get(&performance.venue).cloned().ok_or_else(|| Refusal::missing("venue"))?;
        Ok(PublicPerformanceView {
            id: performance.id,
            show_id: performance.show,
            venue,
            doors_at: times.doors_at,
            starts_at: times.starts_at,
            ends_at: times.ends_at,
            time_zone: performance.time_zone,
            on_sale_at: times.on_sale_at,
            off_sale_at: times.off_sale_at,
            state: performance.state.into(),
        })
    };
    performances.into_iter().map(view).collect()
}

/// Shows with their performances, as anyone may see them.
pub(crate) async fn shown(tx: &mut TenantTx, mut shows: Vec<Show>) -> Result<Vec<PublicShowView>, Error> {
    let all = shows.iter_mut().flat_map(|show| std::mem::take(&mut show.performances)).collect();
    let mut of_show: HashMap<ShowId, Vec<PublicPerformanceView>> = HashMap::new();
    for date in dates(tx, all).await? {
        of_show.entry(date.show_id).or_default().push(date);
    }
    let view = |show: Show| PublicShowView {
        performances: of_show.remove(&show.id).unwrap_or_default(),
        id: show.id,
        title: show.title,
        description: show.description,
        currency: show.currency,
    };
    Ok(shows.into_iter().map(view).collect())
}
