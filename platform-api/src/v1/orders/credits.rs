//! `POST /v1/orders/{order_id}/credits`

use axum::http::StatusCode;
use foundation::id::OrderId;
use serde::Deserialize;
use ticketing::{rules::credit::CreditCode, use_cases::pay_with_credit::pay_with_credit};
use utoipa::ToSchema;

use super::{OrderView, whole};
use crate::web::{Allowed, Answer, Keyed, Path, scope::OrdersWrite};

/// Credit to pay with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OrderCredit)]
pub(crate) struct OrderCreditBody {
    /// The credit's code; capitals, blanks and dashes make no difference.
    code: String,
}

/// Pays an order with a buyer's credit, as far as that goes; the rest is paid by a payment, or by more credit. What the order takes is
/// kept for it, and is free again if the order ends unpaid. Where nothing is left to pay, the order is paid with this answer.
#[utoipa::path(post, path = "/v1/orders/{order_id}/credits", tag = "Orders", params(("order_id" = OrderId, Path)), request_body = OrderCreditBody, responses((status = 200, body = OrderView)))]
pub(crate) async fn pay(
    allowed: Allowed<OrdersWrite>,
    Path(id): Path<OrderId>,
    Keyed { key, body }: Keyed<OrderCreditBody>,
) -> Answer {
    let mut call = allowed.begin(key).await?;
    let code = CreditCode::typed(&body.code);
    let made = pay_with_credit(&mut call.tx, &allowed.services.inventory, id, &code).await?;
    let version = made.order.version;
    let view = whole(&mut call.tx, allowed.provider(), made.order).await?;
    call.finish_with(StatusCode::OK, &view, Some(version), &made.changes).await
}
