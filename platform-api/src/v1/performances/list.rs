//! `GET /v1/performances`

use foundation::{
    Instant,
    id::{PerformanceId, ShowId, VenueId},
    page::{Page, PageOf},
};
use serde::Deserialize;
use tenancy::KeyKind;
use ticketing::store::{
    performances,
    show_filter::{PerformanceFilter, WhenAndWhere},
};
use utoipa::IntoParams;

use super::{PerformanceState, PerformanceView};
use crate::web::{Allowed, Answer, ListOf, Query, Reply, scope::ShowsRead};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PerformancesQuery {
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Of this show.
    show_id: Option<ShowId>,
    /// At this venue.
    venue_id: Option<VenueId>,
    /// In this city, whatever its case and accents.
    city: Option<String>,
    /// Starts then or later.
    from: Option<Instant>,
    /// Starts before then.
    to: Option<Instant>,
    state: Option<PerformanceState>,
    /// On sale now, or not.
    on_sale: Option<bool>,
    /// Archived, or not; both unless said.
    archived: Option<bool>,
}

/// Lists performances of all shows in the order of their start.
#[utoipa::path(get, path = "/v1/performances", tag = "Performances", params(PerformancesQuery), responses((status = 200, body = ListOf<PerformanceView>)))]
pub(crate) async fn list(allowed: Allowed<ShowsRead>, Query(query): Query<PerformancesQuery>) -> Answer {
    let page = PageOf::<(Instant, PerformanceId)>::parse(query.limit, query.cursor.as_deref())?;
    let filter = PerformanceFilter {
        show: query.show_id,
        at: WhenAndWhere { venue: query.venue_id, city: query.city, from: query.from, to: query.to },
        state: query.state.map(Into::into),
        on_sale: query.on_sale,
        archived: query.archived,
        public: allowed.caller.kind == KeyKind::Publishable,
    };
    let rows = performances::list(&mut allowed.snapshot().await?, &filter, page.after, page.fetch_limit()).await?;
    let page = Page::cut(rows, page.limit, |performance| (performance.times.starts_at, performance.id));
    Reply::ok(&ListOf::from(page.map(PerformanceView::from)))
}
