//! `GET /v1/orders/{order_id}`

use foundation::id::OrderId;
use ticketing::store::orders;

use super::{OrderView, whole};
use crate::web::{Allowed, Answer, Path, Reply, scope::OrdersRead};

/// Reads an order with its payments and refunds.
#[utoipa::path(get, path = "/v1/orders/{order_id}", tag = "Orders", params(("order_id" = OrderId, Path)), responses((status = 200, body = OrderView)))]
pub(crate) async fn get(allowed: Allowed<OrdersRead>, Path(id): Path<OrderId>) -> Answer {
    let mut tx = allowed.snapshot().await?;
    let order = orders::get(&mut tx, id).await?;
    let version = order.version;
    Reply::versioned(&whole(&mut tx, allowed.provider(), order).await?, version)
}
