//! `GET /v1/reschedulings/{rescheduling_id}`

use foundation::id::ReschedulingId;
use ticketing::store::reschedulings;

use super::ReschedulingView;
use crate::web::{Allowed, Answer, Path, Reply, scope::OrdersRead};

/// Reads a rescheduling and how far it is.
#[utoipa::path(get, path = "/v1/reschedulings/{rescheduling_id}", tag = "Performances", params(("rescheduling_id" = ReschedulingId, Path)), responses((status = 200, body = ReschedulingView)))]
pub(crate) async fn get(allowed: Allowed<OrdersRead>, Path(id): Path<ReschedulingId>) -> Answer {
    let mut tx = allowed.snapshot().await?;
    let rescheduling = reschedulings::get(&mut tx, id).await?;
    let progress = reschedulings::progress(&mut tx, id).await?;
    Reply::ok(&ReschedulingView::from(rescheduling).with_progress(progress))
}
