//! `POST /v1/orders/{order_id}/refunds`

use foundation::id::OrderId;
use serde::Deserialize;
use ticketing::use_cases::refund::{NewRefund, accept_refund};
use utoipa::ToSchema;

use crate::{
    v1::refunds::{RefundView, accepted},
    web::{Allowed, Answer, Keyed, Path, scope::OrdersWrite},
};

/// What to give back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRefund)]
pub(crate) struct NewRefundBody {
    /// The items' numbers; left out: all that can be given back.
    items: Option<Vec<i16>>,
    /// In your words, for your books.
    #[serde(default)]
    reason: String,
}

/// Gives the money of a paid order back, whole or by ticket. The tickets are void and on sale again; fees are kept, as the
/// order's refund policy says. The refund is accepted with this answer; `refund.succeeded` tells when the buyer has the money.
#[utoipa::path(post, path = "/v1/orders/{order_id}/refunds", tag = "Orders", params(("order_id" = OrderId, Path)), request_body = NewRefundBody, responses((status = 201, body = RefundView)))]
pub(crate) async fn create(
    allowed: Allowed<OrdersWrite>,
    Path(order): Path<OrderId>,
    Keyed { key, body }: Keyed<NewRefundBody>,
) -> Answer {
    let new = NewRefund { order, items: body.items, reason: body.reason };
    let mut call = allowed.begin(key).await?;
    let (refund, changes) = accept_refund(&mut call.tx, &allowed.services.inventory, &new).await?;
    accepted(&allowed, call, refund, &changes).await
}
