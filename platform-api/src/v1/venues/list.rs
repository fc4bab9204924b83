//! `GET /v1/venues`

use foundation::{
    id::VenueId,
    page::{Page, PageOf},
};
use serde::Deserialize;
use ticketing::store::venues;
use utoipa::IntoParams;

use super::VenueView;
use crate::web::{Allowed, Answer, ListOf, Query, Reply, scope::VenuesRead};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct VenuesQuery {
    /// 1 to 100, 20 unless said.
    pub(crate) limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
}

/// Lists venues in the order of their creation.
#[utoipa::path(get, path = "/v1/venues", tag = "Venues", params(VenuesQuery), responses((status = 200, body = ListOf<VenueView>)))]
pub(crate) async fn list(allowed: Allowed<VenuesRead>, Query(query): Query<VenuesQuery>) -> Answer {
    let page = PageOf::<VenueId>::parse(query.limit, query.cursor.as_deref())?;
    let rows = venues::list(&mut allowed.snapshot().await?, page.after, page.fetch_limit()).await?;
    Reply::ok(&ListOf::from(Page::cut(rows, page.limit, |venue| venue.id).map(VenueView::from)))
}
