//! `GET /v1/orders`

use foundation::{
    Instant, Refusal,
    id::{OrderId, PerformanceId},
    page::{Page, PageOf},
};
use serde::Deserialize;
use ticketing::{
    rules::order::OrderState,
    store::orders::{self, OrderFilter},
};
use utoipa::IntoParams;

use super::OrderView;
use crate::web::{Allowed, Answer, ListOf, Query, Reply, scope::OrdersRead};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OrdersQuery {
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// `awaiting_payment`, `processing`, `paid`, `expired`, `cancelled`.
    state: Option<String>,
    /// The order with this reference of yours.
    reference: Option<String>,
    /// Orders that have or had tickets of this performance.
    performance_id: Option<PerformanceId>,
}

/// Lists orders, newest first.
#[utoipa::path(get, path = "/v1/orders", tag = "Orders", params(OrdersQuery), responses((status = 200, body = ListOf<OrderView>)))]
pub(crate) async fn list(allowed: Allowed<OrdersRead>, Query(query): Query<OrdersQuery>) -> Answer {
    let page = PageOf::<(Instant, OrderId)>::parse(query.limit, query.cursor.as_deref())?;
    let state = match query.state.as_deref().map(OrderState::parse) {
        Some(None) => return Err(Refusal::field("state", "is not a state of an order").into()),
        known => known.flatten(),
    };
    let filter = OrderFilter { state, reference: query.reference.as_deref(), performance: query.performance_id };
    let rows = orders::list(&mut allowed.snapshot().await?, filter, page.after, page.fetch_limit()).await?;
    Reply::ok(&ListOf::from(Page::cut(rows, page.limit, |order| (order.created_at, order.id)).map(OrderView::from)))
}
