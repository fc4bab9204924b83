//! `GET /v1/cancellations/{cancellation_id}/orders`

use foundation::{
    id::{CancellationId, OrderId},
    page::{Page, PageOf},
};
use serde::Deserialize;
use ticketing::store::cancellations;
use utoipa::IntoParams;

use super::OrderRemedyView;
use crate::web::{Allowed, Answer, ListOf, Path, Query, Reply, scope::OrdersRead};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CancellationOrdersQuery {
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists the orders whose buyers were told of a cancellation, with what each of them got.
#[utoipa::path(get, path = "/v1/cancellations/{cancellation_id}/orders", tag = "Performances", params(("cancellation_id" = CancellationId, Path), CancellationOrdersQuery), responses((status = 200, body = ListOf<OrderRemedyView>)))]
pub(crate) async fn list(
    allowed: Allowed<OrdersRead>,
    Path(id): Path<CancellationId>,
    Query(query): Query<CancellationOrdersQuery>,
) -> Answer {
    let page = PageOf::<OrderId>::parse(query.limit, query.cursor.as_deref())?;
    let mut tx = allowed.snapshot().await?;
    cancellations::get(&mut tx, id).await?;
    let rows = cancellations::orders(&mut tx, id, page.after, page.fetch_limit()).await?;
    Reply::ok(&ListOf::from(Page::cut(rows, page.limit, |of| of.order).map(OrderRemedyView::from)))
}
