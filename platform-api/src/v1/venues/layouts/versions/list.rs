//! `GET /v1/venues/{venue_id}/layouts/{layout_id}/versions`

use foundation::{
    id::{LayoutId, VenueId},
    page::{Page, PageOf},
};
use ticketing::store::layouts;

use crate::{
    v1::venues::{
        layouts::{LayoutVersionView, not_public},
        list::VenuesQuery,
    },
    web::{Allowed, Answer, ListOf, Path, Query, Reply, scope::VenuesRead},
};

/// Lists a layout's versions, newest first, without their plans.
#[utoipa::path(get, path = "/v1/venues/{venue_id}/layouts/{layout_id}/versions", tag = "Venues", params(("venue_id" = VenueId, Path), ("layout_id" = LayoutId, Path), VenuesQuery), responses((status = 200, body = ListOf<LayoutVersionView>)))]
pub(crate) async fn list(
    allowed: Allowed<VenuesRead>,
    Path((venue, layout)): Path<(VenueId, LayoutId)>,
    Query(query): Query<VenuesQuery>,
) -> Answer {
    not_public(&allowed.caller)?;
    let page = PageOf::<i32>::parse(query.limit, query.cursor.as_deref())?;
    let mut tx = allowed.snapshot().await?;
    layouts::get(&mut tx, venue, layout).await?;
    let rows = layouts::list_versions(&mut tx, layout, page.after, page.fetch_limit()).await?;
    Reply::ok(&ListOf::from(Page::cut(rows, page.limit, |version| version.number).map(LayoutVersionView::from)))
}
