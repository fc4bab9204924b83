//! `GET /v1/orders/{order_id}/items/{no}/owners`

use foundation::{
    id::OrderId,
    page::{Page, PageOf},
};
use serde::Deserialize;
use ticketing::store::{orders, owners};
use utoipa::IntoParams;

use super::OwnershipView;
use crate::web::{Allowed, Answer, ListOf, Path, Query, Reply, scope::OrdersRead};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OwnersQuery {
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists who has owned a ticket of an order, first first, with what made them its owner. The last one owns it now.
#[utoipa::path(get, path = "/v1/orders/{order_id}/items/{no}/owners", tag = "Orders", params(("order_id" = OrderId, Path), ("no" = i16, Path), OwnersQuery), responses((status = 200, body = ListOf<OwnershipView>)))]
pub(crate) async fn list(
    allowed: Allowed<OrdersRead>,
    Path((id, no)): Path<(OrderId, i16)>,
    Query(query): Query<OwnersQuery>,
) -> Answer {
    let page = PageOf::<i16>::parse(query.limit, query.cursor.as_deref())?;
    let mut tx = allowed.snapshot().await?;
    let checked_in = orders::get(&mut tx, id).await?.item(no)?.checked_in.clone();
    let now = owners::of_order(&mut tx, id).await?.get(&no).map(|of| of.no);
    let rows = owners::of_item(&mut tx, id, no, page.after, page.fetch_limit()).await?;
    let view = |of| OwnershipView::of(of, now, checked_in.as_ref());
    Reply::ok(&ListOf::from(Page::cut(rows, page.limit, |of| of.no).map(view)))
}
