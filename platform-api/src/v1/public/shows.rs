//! `GET /v1/public/{region}/{reseller_id}/shows`

use axum::{extract::State, http::request::Parts};
use foundation::{
    Instant,
    id::{ResellerId, ShowId, VenueId},
    page::{Page, PageOf},
};
use serde::Deserialize;
use ticketing::{
    rules::search::Search,
    store::{
        show_filter::{ShowFilter, WhenAndWhere},
        shows,
    },
};
use utoipa::IntoParams;

use super::{PublicShowView, open, shown};
use crate::{
    app::App,
    web::{Answer, ListOf, Path, Query, Reply},
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PublicShowsQuery {
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Words: each must begin a word of title or description, whatever its case and accents.
    q: Option<String>,
    /// With a performance at this venue.
    venue_id: Option<VenueId>,
    /// With a performance in this city, whatever its case and accents.
    city: Option<String>,
    /// With a performance that is on sale now, or without one.
    on_sale: Option<bool>,
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
        search: query.q.map_or(Ok(None), |text| Search::parse("q", &text))?,
        public: true,
        at: WhenAndWhere {
            venue: query.venue_id,
            city: query.city,
            from: Some(query.from.unwrap_or(now)),
            to: query.to,
        },
        on_sale: query.on_sale,
        ..ShowFilter::default()
    };
    let rows = shows::list(&mut tx, &filter, page.after, page.fetch_limit()).await?;
    let page = Page::cut(rows, page.limit, |show| show.id);
    let items = shown(&mut tx, page.items).await?;
    Reply::ok(&ListOf::from(Page { items, next_cursor: page.next_cursor }))
}
