//! `GET /v1/public/{region}/{reseller_id}/venues`

use axum::{extract::State, http::request::Parts};
use foundation::{
    id::{ResellerId, VenueId},
    page::{Page, PageOf},
};
use serde::Deserialize;
use ticketing::store::venues;
use utoipa::IntoParams;

use super::{PublicVenueView, open};
use crate::{
    app::App,
    web::{Answer, ListOf, Path, Query, Reply},
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PublicVenuesQuery {
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// In this city, whatever its case and accents.
    city: Option<String>,
}

/// Lists the venues where a reseller has public performances to come.
#[utoipa::path(get, path = "/v1/public/{region}/{reseller_id}/venues", tag = "Public", params(("region" = String, Path), ("reseller_id" = ResellerId, Path), PublicVenuesQuery), responses((status = 200, body = ListOf<PublicVenueView>)), security(()))]
pub(crate) async fn list(
    State(app): State<App>,
    Path((region, reseller)): Path<(String, ResellerId)>,
    Query(query): Query<PublicVenuesQuery>,
    parts: Parts,
) -> Answer {
    let (_, mut tx) = open(&app, &parts, &region, reseller).await?;
    let page = PageOf::<VenueId>::parse(query.limit, query.cursor.as_deref())?;
    let rows = venues::list_public(&mut tx, query.city.as_deref(), page.after, page.fetch_limit()).await?;
    Reply::ok(&ListOf::from(Page::cut(rows, page.limit, |venue| venue.id).map(PublicVenueView::from)))
}
