//! `GET /v1/shows`

use foundation::{
    Instant,
    id::{ShowId, VenueId},
    page::{Page, PageOf},
};
use serde::Deserialize;
use tenancy::KeyKind;
use ticketing::{
    rules::search::Search,
    store::{
        show_filter::{ShowFilter, WhenAndWhere},
        shows,
    },
};
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
    /// Words: each must begin a word of title or description, whatever its case and accents.
    q: Option<String>,
    state: Option<ShowState>,
    visibility: Option<Visibility>,
    /// With a performance at this venue.
    venue_id: Option<VenueId>,
    /// With a performance in this city, whatever its case and accents.
    city: Option<String>,
    /// With a performance that starts then or later.
    from: Option<Instant>,
    /// With a performance that starts before then.
    to: Option<Instant>,
    /// With a performance that is on sale now, or without one.
    on_sale: Option<bool>,
}

/// Lists shows, newest first, each with at most 20 of its performances: those to come before those that are over. All
/// performances of a show are in the list of performances.
#[utoipa::path(get, path = "/v1/shows", tag = "Shows", params(ShowsQuery), responses((status = 200, body = ListOf<ShowView>)))]
pub(crate) async fn list(allowed: Allowed<ShowsRead>, Query(query): Query<ShowsQuery>) -> Answer {
    let page = PageOf::<ShowId>::parse(query.limit, query.cursor.as_deref())?;
    let filter = ShowFilter {
        search: query.q.map_or(Ok(None), |text| Search::parse("q", &text))?,
        state: query.state.map(Into::into),
        visibility: query.visibility.map(Into::into),
        // A publishable key is in every browser and sees what anyone may.
        public: allowed.caller.kind == KeyKind::Publishable,
        at: WhenAndWhere { venue: query.venue_id, city: query.city, from: query.from, to: query.to },
        on_sale: query.on_sale,
    };
    let rows = shows::list(&mut allowed.snapshot().await?, &filter, page.after, page.fetch_limit()).await?;
    Reply::ok(&ListOf::from(Page::cut(rows, page.limit, |show| show.id).map(ShowView::from)))
}
