//! `GET /v1/disputes`

use foundation::{
    Instant,
    id::{DisputeId, OrderId},
    page::{Page, PageOf},
};
use serde::Deserialize;
use ticketing::store::disputes;
use utoipa::IntoParams;

use super::DisputeView;
use crate::web::{Allowed, Answer, ListOf, Query, Reply, scope::OrdersRead};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DisputesQuery {
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Of this order only.
    order_id: Option<OrderId>,
}

/// Lists disputes, newest first.
#[utoipa::path(get, path = "/v1/disputes", tag = "Disputes", params(DisputesQuery), responses((status = 200, body = ListOf<DisputeView>)))]
pub(crate) async fn list(allowed: Allowed<OrdersRead>, Query(query): Query<DisputesQuery>) -> Answer {
    let page = PageOf::<(Instant, DisputeId)>::parse(query.limit, query.cursor.as_deref())?;
    let rows = disputes::list(&mut allowed.snapshot().await?, query.order_id, page.after, page.fetch_limit()).await?;
    Reply::ok(&ListOf::from(
        Page::cut(rows, page.limit, |dispute| (dispute.created_at, dispute.id)).map(DisputeView::from),
    ))
}
