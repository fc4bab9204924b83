//! `POST /v1/orders/{order_id}/refunds`

use foundation::{Money, Refusal, id::OrderId};
use serde::Deserialize;
use ticketing::{
    rules::credit::GivenAs,
    use_cases::{
        refund::{NewRefund, accept_refund, refund_as_credit},
        refund_amount::{NewAmountRefund, accept_amount_refund},
    },
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
    /// What the buyer gets: `money` unless said, back on the payment, or `credit`.
    #[serde(default)]
    given_as: GivenAsBody,
    /// In your words, for your books.
    #[serde(default)]
    reason: String,
}

/// What the buyer gets. What was paid with credit is credit again in any case.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = GivenAs)]
enum GivenAsBody {
    /// The money, back on the payment.
    #[default]
    Money,
    /// Credit to buy with.
    Credit,
}

impl From<GivenAsBody> for GivenAs {
    fn from(wire: GivenAsBody) -> Self {
        match wire {
            GivenAsBody::Money => Self::Money,
            GivenAsBody::Credit => Self::Credit,
        }
    }
}

/// Gives the money of a paid order back: whole or by ticket, and then the tickets are void and on sale again; or an amount, and
/// then they stay good. Fees are kept or returned as the order's refund policy says. Never more is given back than was paid;
/// what is left is told. What came by the payment goes back first; what was
/// paid with credit is credit again, in a refund of its own (`credit_id`) beside it. The refund is accepted with this answer;
/// `refund.succeeded` tells when the buyer has the money, or the credit, whose code `GET /v1/credits/{credit_id}` shows you.
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
            let new = NewAmountRefund { order, amount, given_as: body.given_as.into(), reason: body.reason };
            (accept_amount_refund(&mut call.tx, &new).await?, Vec::new())
        }
        None => {
            let new = NewRefund { order, items: body.items, reason: body.reason };
            match body.given_as {
                GivenAsBody::Money => accept_refund(&mut call.tx, &allowed.services.inventory, &new).await?,
                GivenAsBody::Credit => refund_as_credit(&mut call.tx, &allowed.services.inventory, &new).await?,
            }
        }
    };
    accepted(&allowed, call, refund, &changes).await
}
