//! `GET /v1/credits`

use foundation::{
    id::CreditId,
    page::{Page, PageOf},
};
use serde::Deserialize;
use ticketing::store::credits;
use utoipa::IntoParams;

use super::CreditView;
use crate::web::{Allowed, Answer, ListOf, Query, Reply, scope::OrdersRead};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CreditsQuery {
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists credits in the order in which they were given, without their codes.
#[utoipa::path(get, path = "/v1/credits", tag = "Credits", params(CreditsQuery), responses((status = 200, body = ListOf<CreditView>)))]
pub(crate) async fn list(allowed: Allowed<OrdersRead>, Query(query): Query<CreditsQuery>) -> Answer {
    let page = PageOf::<CreditId>::parse(query.limit, query.cursor.as_deref())?;
    let rows = credits::list(&mut allowed.snapshot().await?, page.after, page.fetch_limit()).await?;
    Reply::ok(&ListOf::from(Page::cut(rows, page.limit, |credit| credit.id).map(CreditView::from)))
}
