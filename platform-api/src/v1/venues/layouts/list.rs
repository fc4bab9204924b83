//! `GET /v1/venues/{venue_id}/layouts`

use foundation::{
    id::{LayoutId, VenueId},
    page::{Page, PageOf},
};
use ticketing::store::{layouts, venues};

use super::{LayoutView, not_public};
use crate::{
    v1::venues::list::VenuesQuery,
    web::{Allowed, Answer, ListOf, Path, Query, Reply, scope::VenuesRead},
};

/// Lists a venue's layouts in the order of their creation.
#[utoipa::path(get, path = "/v1/venues/{venue_id}/layouts", tag = "Venues", params(("venue_id" = VenueId, Path), VenuesQuery), responses((status = 200, body = ListOf<LayoutView>)))]
pub(crate) async fn list(
    allowed: Allowed<VenuesRead>,
    Path(venue): Path<VenueId>,
    Query(query): Query<VenuesQuery>,
) -> Answer {
    not_public(&allowed.caller)?;
    let page = PageOf::<LayoutId>::parse(query.limit, query.cursor.as_deref())?;
    let mut tx = allowed.snapshot().await?;
    venues::get(&mut tx, venue).await?;
    let rows = layouts::list(&mut tx, venue, page.after, page.fetch_limit()).await?;
    Reply::ok(&ListOf::from(Page::cut(rows, page.limit, |layout| layout.id).map(LayoutView::from)))
}
