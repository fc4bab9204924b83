//! `GET /v1/reschedulings/{rescheduling_id}/orders`

use foundation::{
    id::{OrderId, ReschedulingId},
    page::{Page, PageOf},
};
use serde::Deserialize;
use ticketing::store::reschedulings;
use utoipa::IntoParams;

use super::OrderDecisionView;
use crate::web::{Allowed, Answer, ListOf, Path, Query, Reply, scope::OrdersRead};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReschedulingOrdersQuery {
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists the orders whose buyers were told of a rescheduling, with what was decided.
#[utoipa::path(get, path = "/v1/reschedulings/{rescheduling_id}/orders", tag = "Performances", params(("rescheduling_id" = ReschedulingId, Path), ReschedulingOrdersQuery), responses((status = 200, body = ListOf<OrderDecisionView>)))]
pub(crate) async fn list(
    allowed: Allowed<OrdersRead>,
    Path(id): Path<ReschedulingId>,
    Query(query): Query<ReschedulingOrdersQuery>,
) -> Answer {
    let page = PageOf::<OrderId>::parse(query.limit, query.cursor.as_deref())?;
    let mut tx = allowed.snapshot().await?;
    reschedulings::get(&mut tx, id).await?;
    let rows = reschedulings::orders(&mut tx, id, page.after, page.fetch_limit()).await?;
    Reply::ok(&ListOf::from(Page::cut(rows, page.limit, |of| of.order).map(OrderDecisionView::from)))
}
