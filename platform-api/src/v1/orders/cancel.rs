//! `POST /v1/orders/{order_id}/cancel`

use axum::http::StatusCode;
use foundation::id::OrderId;
use ticketing::use_cases::cancel_order::{Ending, end_order};

use super::OrderView;
use crate::web::{Allowed, Answer, Keyed, Path, body::Nothing, scope::OrdersWrite};

/// Calls an unpaid order off; its tickets are free once no payment can succeed any more. If the money was faster, the
/// order is paid and the call refused with `order_not_payable`.
#[utoipa::path(post, path = "/v1/orders/{order_id}/cancel", tag = "Orders", params(("order_id" = OrderId, Path)), responses((status = 200, body = OrderView)))]
pub(crate) async fn cancel(
    allowed: Allowed<OrdersWrite>,
    Path(id): Path<OrderId>,
    Keyed { key, .. }: Keyed<Nothing>,
) -> Answer {
    let call = allowed.begin_leased(key).await?;
    let services = &allowed.services;
    let order = call
        .run(end_order(&services.inventory, allowed.provider(), allowed.caller.reseller, id, Ending::Cancel))
        .await?;
    let version = order.version;
    call.finish(StatusCode::OK, &OrderView::from(order), Some(version)).await
}
