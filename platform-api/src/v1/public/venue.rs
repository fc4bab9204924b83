//! `GET /v1/public/{region}/{reseller_id}/venues/{venue_id}`

use axum::{extract::State, http::request::Parts};
use foundation::id::{ResellerId, VenueId};
use ticketing::store::venues;

use super::{PublicVenueView, open};
use crate::{
    app::App,
    web::{Answer, Path, Reply},
};

/// Reads a venue where there are public performances to come; any other answers as missing, for it would tell of plans.
#[utoipa::path(get, path = "/v1/public/{region}/{reseller_id}/venues/{venue_id}", tag = "Public", params(("region" = String, Path), ("reseller_id" = ResellerId, Path), ("venue_id" = VenueId, Path)), responses((status = 200, body = PublicVenueView)), security(()))]
pub(crate) async fn get(
    State(app): State<App>,
    Path((region, reseller, id)): Path<(String, ResellerId, VenueId)>,
    parts: Parts,
) -> Answer {
    let (_, mut tx) = open(&app, &parts, &region, reseller).await?;
    Reply::ok(&PublicVenueView::from(venues::get_public(&mut tx, id).await?))
}
