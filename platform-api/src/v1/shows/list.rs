//! `GET /v1/shows`

use foundation::{
    Instant,
    id::{ShowId, VenueId},
    page::{Page, PageOf},
};
use serde::Deserialize;
use tenancy::KeyKind;
use ticketing::store::shows::{self, ShowFilter};
use utoipa::IntoParams;

use super::{ShowState, ShowView, Visibility};
use crate::web::{Allowed, Answer, ListOf, Query, Reply, scope::ShowsRead};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ShowsQuery {
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Text that title or description has, in any case.
    q: Option<String>,
    state: Option<ShowState>,
    visibility: Option<Visibility>,
    /// With a performance at this venue.
    venue_id: Option<VenueId>,
    /// With a performance that starts then or later.
    from: Option<Instant>,
    /// With a performance that starts before then.
    to: Option<Instant>,
    /// With a performance that is on sale now, or without one.
    on_sale: Option<bool>,
}

/// Lists shows, newest first.
#[utoipa::path(get, path = "/v1/shows", tag = "Shows", params(ShowsQuery), responses((status = 200, body = ListOf<ShowView>)))]
pub(crate) async fn list(allowed: Allowed<ShowsRead>, Query(query): Query<ShowsQuery>) -> Answer {
    let page = PageOf::<ShowId>::parse(query.limit, query.cursor.as_deref())?;
    let filter = ShowFilter {
        search: query.q,
        state: query.state.map(Into::into),
        visibility: query.visibility.map(Into::into),
        // A publishable key is in every browser and sees what anyone may.
        public: allowed.caller.kind == KeyKind::Publishable,
        venue: query.venue_id,
        from: query.from,
        to: query.to,
        on_sale: query.on_sale,
    };
    let rows = shows::list(&mut allowed.tx().await?, &filter, page.after, page.fetch_limit()).await?;
    Reply::ok(&ListOf::from(Page::cut(rows, page.limit, |show| show.id).map(ShowView::from)))
}
