//! `POST /v1/orders/{order_id}/reinstate`

use axum::http::StatusCode;
use foundation::id::OrderId;
use ticketing::use_cases::reinstate_order::reinstate_order;

use super::{OrderView, whole};
use crate::web::{Allowed, Answer, Keyed, Path, body::Nothing, scope::OrdersWrite};

/// Makes the tickets of an order good again that a fraud warning has suspended: you know the buyer and trust the payment. Refused
/// with `payment_disputed` while a dispute is open or lost. Where no ticket is suspended the order stays as it is.
#[utoipa::path(post, path = "/v1/orders/{order_id}/reinstate", tag = "Orders", params(("order_id" = OrderId, Path)), responses((status = 200, body = OrderView)))]
pub(crate) async fn reinstate(
    allowed: Allowed<OrdersWrite>,
    Path(id): Path<OrderId>,
    Keyed { key, .. }: Keyed<Nothing>,
) -> Answer {
    let mut call = allowed.begin(key).await?;
    let order = reinstate_order(&mut call.tx, id).await?;
    let version = order.version;
    let view = whole(&mut call.tx, allowed.provider(), order).await?;
    call.finish(StatusCode::OK, &view, Some(version)).await
}
