//! `GET /v1/public/{region}/{reseller_id}/shows`

use axum::{extract::State, http::request::Parts};
use foundation::{
    Instant,
    id::{ResellerId, ShowId},
    page::{Page, PageOf},
};
use serde::{Deserialize, Serialize};
use ticketing::{
    rules::{performance::Performance, show::Show},
    store::shows::{self, ShowFilter},
};
use utoipa::{IntoParams, ToSchema};

use super::open;
use crate::{
    app::App,
    web::{Answer, ListOf, Path, Query, Reply},
};

/// A show as anyone may see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PublicShow)]
pub(crate) struct PublicShowView {
    id: ShowId,
    title: String,
    description: String,
    performances: Vec<PublicPerformanceView>,
}

/// A performance as anyone may see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PublicPerformance)]
pub(crate) struct PublicPerformanceView {
    id: foundation::id::PerformanceId,
    doors_at: Instant,
    starts_at: Instant,
    ends_at: Instant,
    /// IANA zone of the local times.
    time_zone: String,
    on_sale_at: Instant,
    off_sale_at: Instant,
}

impl From<Performance> for PublicPerformanceView {
    fn from(performance: Performance) -> Self {
        let times = performance.times;
        Self {
            id: performance.id,
            doors_at: times.doors_at,
            starts_at: times.starts_at,
            ends_at: times.ends_at,
            time_zone: performance.time_zone,
            on_sale_at: times.on_sale_at,
            off_sale_at: times.off_sale_at,
        }
    }
}

impl From<Show> for PublicShowView {
    fn from(show: Show) -> Self {
        let performances = show.performances.into_iter().map(PublicPerformanceView::from).collect();
        Self { id: show.id, title: show.title, description: show.description, performances }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PublicShowsQuery {
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Text that title or description has, in any case.
    q: Option<String>,
    /// With a performance that starts then or later; now unless said.
    from: Option<Instant>,
    /// With a performance that starts before then.
    to: Option<Instant>,
}

/// Searches a reseller's upcoming public shows.
#[utoipa::path(get, path = "/v1/public/{region}/{reseller_id}/shows", tag = "Public", params(("region" = String, Path), ("reseller_id" = ResellerId, Path), PublicShowsQuery), responses((status = 200, body = ListOf<PublicShowView>)), security(()))]
pub(crate) async fn list(
    State(app): State<App>,
    Path((region, reseller)): Path<(String, ResellerId)>,
    Query(query): Query<PublicShowsQuery>,
    parts: Parts,
) -> Answer {
    let (_, mut tx) = open(&app, &parts, &region, reseller).await?;
    let page = PageOf::<ShowId>::parse(query.limit, query.cursor.as_deref())?;
    let now = tx.now().await?;
    let filter = ShowFilter {
        search: query.q,
        public: true,
        from: Some(query.from.unwrap_or(now)),
        to: query.to,
        ..ShowFilter::default()
    };
    let rows = shows::list(&mut tx, &filter, page.after, page.fetch_limit()).await?;
    Reply::ok(&ListOf::from(Page::cut(rows, page.limit, |show| show.id).map(PublicShowView::from)))
}
