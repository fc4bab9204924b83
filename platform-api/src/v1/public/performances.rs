//! `GET /v1/public/{region}/{reseller_id}/performances`

use axum::{extract::State, http::request::Parts};
use foundation::{
    Instant,
    id::{PerformanceId, ResellerId, ShowId, VenueId},
    page::{Page, PageOf},
};
use serde::Deserialize;
use ticketing::store::{
    performances,
    show_filter::{PerformanceFilter, WhenAndWhere},
};
use utoipa::IntoParams;

use super::{PublicPerformanceView, dates, open};
use crate::{
    app::App,
    web::{Answer, ListOf, Path, Query, Reply},
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PublicPerformancesQuery {
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
    /// Starts then or later; now unless said.
    from: Option<Instant>,
    /// Starts before then.
    to: Option<Instant>,
    /// On sale now, or not.
    on_sale: Option<bool>,
}

/// Lists a reseller's upcoming public performances in the order of their start: what is on, by day.
#[utoipa::path(get, path = "/v1/public/{region}/{reseller_id}/performances", tag = "Public", params(("region" = String, Path), ("reseller_id" = ResellerId, Path), PublicPerformancesQuery), responses((status = 200, body = ListOf<PublicPerformanceView>)), security(()))]
pub(crate) async fn list(
    State(app): State<App>,
    Path((region, reseller)): Path<(String, ResellerId)>,
    Query(query): Query<PublicPerformancesQuery>,
    parts: Parts,
) -> Answer {
    let (_, mut tx) = open(&app, &parts, &region, reseller).await?;
    let page = PageOf::<(Instant, PerformanceId)>::parse(query.limit, query.cursor.as_deref())?;
    let from = query.from.unwrap_or(tx.now().await?);
    let filter = PerformanceFilter {
        show: query.show_id,
        at: WhenAndWhere { venue: query.venue_id, city: query.city, from: Some(from), to: query.to },
        state: None,
        on_sale: query.on_sale,
        archived: None,
        public: true,
    };
    let rows = performances::list(&mut tx, &filter, page.after, page.fetch_limit()).await?;
    let page = Page::cut(rows, page.limit, |performance| (performance.times.starts_at, performance.id));
    let items = dates(&mut tx, page.items).await?;
    Reply::ok(&ListOf::from(Page { items, next_cursor: page.next_cursor }))
}
