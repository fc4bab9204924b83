//! `GET /v1/cancellations/{cancellation_id}`

use foundation::id::CancellationId;
use ticketing::store::cancellations;

use super::CancellationView;
use crate::web::{Allowed, Answer, Path, Reply, scope::OrdersRead};

/// Reads a cancellation and how far it is.
#[utoipa::path(get, path = "/v1/cancellations/{cancellation_id}", tag = "Performances", params(("cancellation_id" = CancellationId, Path)), responses((status = 200, body = CancellationView)))]
pub(crate) async fn get(allowed: Allowed<OrdersRead>, Path(id): Path<CancellationId>) -> Answer {
    let mut tx = allowed.snapshot().await?;
    let cancellation = cancellations::get(&mut tx, id).await?;
    let progress = cancellations::progress(&mut tx, id).await?;
    Reply::ok(&CancellationView::from(cancellation).with_progress(progress))
}
