//! `GET /v1/payouts`

use foundation::{
    Instant,
    id::PayoutId,
    page::{Page, PageOf},
};
use serde::Deserialize;
use ticketing::store::payouts;
use utoipa::IntoParams;

use super::PayoutView;
use crate::web::{Allowed, Answer, ListOf, Query, Reply, scope::FinanceRead};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PayoutsQuery {
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists payouts, newest first.
#[utoipa::path(get, path = "/v1/payouts", tag = "Finance", params(PayoutsQuery), responses((status = 200, body = ListOf<PayoutView>)))]
pub(crate) async fn list(allowed: Allowed<FinanceRead>, Query(query): Query<PayoutsQuery>) -> Answer {
    let page = PageOf::<(Instant, PayoutId)>::parse(query.limit, query.cursor.as_deref())?;
    let rows = payouts::list(&mut allowed.snapshot().await?, page.after, page.fetch_limit()).await?;
    Reply::ok(&ListOf::from(Page::cut(rows, page.limit, |payout| (payout.created_at, payout.id)).map(PayoutView::from)))
}
