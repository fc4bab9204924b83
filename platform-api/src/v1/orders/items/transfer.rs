//! `POST /v1/orders/{order_id}/items/{no}/transfer`

use foundation::{id::OrderId, mail::Language};
use serde::Deserialize;
use ticketing::{rules::owner::TicketOwner, use_cases::transfer_ticket::transfer_ticket};
use utoipa::ToSchema;

use super::{super::OrderView, changed};
use crate::web::{Allowed, Answer, Keyed, Path, scope::OrdersWrite};

/// To whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTransfer)]
pub(crate) struct NewTransferBody {
    #[schema(example = "Grace Hopper")]
    name: String,
    #[schema(example = "grace@example.com")]
    email: String,
    /// The language to write in; without one it is the account's.
    language: Option<Language>,
}

/// Gives a paid ticket to another person, and tells both by e-mail. The new owner has a right to enter of their own; the one before
/// opens nothing any more. In money the ticket stays the buyer's: a refund goes to who has paid.
#[utoipa::path(post, path = "/v1/orders/{order_id}/items/{no}/transfer", tag = "Orders", params(("order_id" = OrderId, Path), ("no" = i16, Path)), request_body = NewTransferBody, responses((status = 200, body = OrderView)))]
pub(crate) async fn transfer(
    allowed: Allowed<OrdersWrite>,
    Path((id, no)): Path<(OrderId, i16)>,
    Keyed { key, body }: Keyed<NewTransferBody>,
) -> Answer {
    let to = TicketOwner::parse(&body.name, &body.email, body.language)?;
    let mut call = allowed.begin(key).await?;
    let order = transfer_ticket(&mut call.tx, id, no, to).await?;
    changed(&allowed, call, order, &[]).await
}
