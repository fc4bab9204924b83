//! `GET /v1/performances/{performance_id}/blocks`

use foundation::{
    id::{BlockId, PerformanceId},
    page::{Page, PageOf},
};
use serde::Deserialize;
use ticketing::store::{blocks, performances};
use utoipa::IntoParams;

use super::{BlockState, BlockView};
use crate::web::{Allowed, Answer, ListOf, Path, Query, Reply, scope::OrdersRead};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BlocksQuery {
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// In this state only.
    state: Option<BlockState>,
}

/// Lists a performance's blocks in the order of their creation.
#[utoipa::path(get, path = "/v1/performances/{performance_id}/blocks", tag = "Performances", params(("performance_id" = PerformanceId, Path), BlocksQuery), responses((status = 200, body = ListOf<BlockView>)))]
pub(crate) async fn list(
    allowed: Allowed<OrdersRead>,
    Path(performance): Path<PerformanceId>,
    Query(query): Query<BlocksQuery>,
) -> Answer {
    let page = PageOf::<BlockId>::parse(query.limit, query.cursor.as_deref())?;
    let mut tx = allowed.snapshot().await?;
    performances::get(&mut tx, performance).await?;
    let state = query.state.map(Into::into);
    let rows = blocks::list(&mut tx, performance, state, page.after, page.fetch_limit()).await?;
    Reply::ok(&ListOf::from(Page::cut(rows, page.limit, |block| block.id).map(BlockView::from)))
}
