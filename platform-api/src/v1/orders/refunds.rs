//! `POST /v1/orders/{order_id}/refunds`

use foundation::{Money, Refusal, id::OrderId};
use serde::Deserialize;
use ticketing::use_cases::{
    refund::{NewRefund, accept_refund},
    refund_amount::{NewAmountRefund, accept_amount_refund},
};
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
    /// This much, for no ticket in particular: the tickets stay good. Not together with items.
    amount: Option<Money>,
    /// In your words, for your books.
    #[serde(default)]
    reason: String,
}

/// Gives the money of a paid order back: whole or by ticket, and then the tickets are void and on sale again; or an amount, and
/// then they stay good. Fees are kept or returned as the order's refund policy says. Never more is given back than was paid;
/// what is left is told. The refund is accepted with this answer; `refund.succeeded` tells when the buyer has the money.
#[utoipa::path(post, path = "/v1/orders/{order_id}/refunds", tag = "Orders", params(("order_id" = OrderId, Path)), request_body = NewRefundBody, responses((status = 201, body = RefundView)))]
pub(crate) async fn create(
    allowed: Allowed<OrdersWrite>,
    Path(order): Path<OrderId>,
    Keyed { key, body }: Keyed<NewRefundBody>,
) -> Answer {
    if body.items.is_some() && body.amount.is_some() {
        return Err(Refusal::field("/amount", "must be left out where items are named").into());
    }
    let mut call = allowed.begin(key).await?;
    let (refund, changes) = match body.amount {
        Some(amount) => {
            let new = NewAmountRefund { order, amount, reason: body.reason };
            (accept_amount_refund(&mut call.tx, &new).await?, Vec::new())
        }
        None => {
            let new = NewRefund { order, items: body.items, reason: body.reason };
            accept_refund(&mut call.tx, &allowed.services.inventory, &new).await?
        }
    };
    accepted(&allowed, call, refund, &changes).await
}
