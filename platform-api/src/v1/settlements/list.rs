//! `GET /v1/settlements`

use accounting::{Settlement, SettlementFilter, list_settlements};
use foundation::{
    Currency, Instant,
    id::SettlementId,
    page::{Page, PageOf},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::told;
use crate::web::{Allowed, Answer, ListOf, Query, Reply, scope::SettlementsRead};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SettlementsQuery {
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Of this currency only.
    currency: Option<Currency>,
    /// Closed then or later.
    closed_from: Option<Instant>,
    /// Closed before then.
    closed_to: Option<Instant>,
}

/// Lists settlements in the order in which they were closed. Who pulls them by machine goes on with `closed_from`, or keeps the cursor.
#[utoipa::path(get, path = "/v1/settlements", tag = "Finance", params(SettlementsQuery), responses((status = 200, body = ListOf<Settlement>)))]
pub(crate) async fn list(allowed: Allowed<SettlementsRead>, Query(query): Query<SettlementsQuery>) -> Answer {
    let page = PageOf::<(Instant, SettlementId)>::parse(query.limit, query.cursor.as_deref())?;
    let filter =
        SettlementFilter { currency: query.currency, closed_from: query.closed_from, closed_to: query.closed_to };
    let rows = list_settlements(&mut allowed.snapshot().await?, &filter, page.after, page.fetch_limit()).await?;
    let page = Page::cut(rows, page.limit, |sealed| (sealed.closed_at, sealed.settlement_id));
    let documents = page.items.into_iter().map(told).collect::<Result<_, _>>()?;
    Reply::ok(&ListOf::from(Page { items: documents, next_cursor: page.next_cursor }))
}
