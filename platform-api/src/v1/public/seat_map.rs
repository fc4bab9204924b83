//! `GET /v1/public/{region}/{reseller_id}/performances/{performance_id}/seat-map.svg`

use axum::{
    extract::State,
    http::{HeaderMap, request::Parts},
};
use foundation::id::{PerformanceId, ResellerId};
use ticketing::{
    rules::seat_map::{Focus, Left, Occupancy, SeatState, draw},
    store::{performances, shows},
};

use super::{open, public};
use crate::{
    app::App,
    v1::performances::seat_map::{SeatMapQuery, picture, plan_of},
    web::{Answer, Path, Query, Reply},
};

/// Draws the places of a public performance: what can be bought and what cannot. What is available is read from memory, and
/// `If-None-Match` with the last ETag is answered 304 while nothing has changed.
#[utoipa::path(get, path = "/v1/public/{region}/{reseller_id}/performances/{performance_id}/seat-map.svg", tag = "Public", params(("region" = String, Path), ("reseller_id" = ResellerId, Path), ("performance_id" = PerformanceId, Path), SeatMapQuery), responses((status = 200, description = "The drawing.", body = String, content_type = "image/svg+xml"), (status = 304)), security(()))]
pub(crate) async fn get(
    State(app): State<App>,
    Path((region, reseller, id)): Path<(String, ResellerId, PerformanceId)>,
    Query(query): Query<SeatMapQuery>,
    headers: HeaderMap,
    parts: Parts,
) -> Answer {
    let (services, mut tx) = open(&app, &parts, &region, reseller).await?;
    let performance = performances::get(&mut tx, id).await?;
    let show = shows::get(&mut tx, performance.show).await?;
    public(&mut tx, &show, "performance").await?;
    let (manifest, plan) = plan_of(&services.inventory.plans, &mut tx, performance).await?;
    // Where memory does not know, it asks by a connection of its own: nobody has two.
    drop(tx);
    let availability = services.inventory.availability(reseller, id).await?;
    let focus = query.focus();
    let section = match focus {
        Focus::Section(section) => Some(section),
        _ => None,
    };
    let seats =
        if focus == Focus::Sections { Vec::new() } else { services.inventory.seats(reseller, id, section).await? };
    let mut occupancy = Occupancy::default();
    for count in availability.counts.iter() {
        let left: &mut Left = occupancy.left.entry(count.section.as_ref()).or_default();
        left.total += count.total;
        left.available += count.available;
    }
    for seat in &seats {
        let state = if seat.free { SeatState::Available } else { SeatState::Unavailable };
        occupancy.seats.insert((&seat.section, &seat.row, &seat.seat), state);
    }
    let svg = draw(&plan.chosen(&manifest.choices), focus, &occupancy)?;
    Ok(Reply::raw(picture(svg, &headers)))
}
