//! `POST /v1/orders/{order_id}/items/{no}/rename`

use foundation::id::OrderId;
use serde::Deserialize;
use ticketing::use_cases::rename_ticket::rename_ticket;
use utoipa::ToSchema;

use super::{super::OrderView, changed};
use crate::web::{Allowed, Answer, Keyed, Path, scope::OrdersWrite};

/// The right name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewName)]
pub(crate) struct NewNameBody {
    #[schema(example = "Ada King")]
    name: String,
}

/// Corrects the name of who owns a paid ticket: the same person, the same right to enter. To give it to another person, transfer it.
#[utoipa::path(post, path = "/v1/orders/{order_id}/items/{no}/rename", tag = "Orders", params(("order_id" = OrderId, Path), ("no" = i16, Path)), request_body = NewNameBody, responses((status = 200, body = OrderView)))]
pub(crate) async fn rename(
    allowed: Allowed<OrdersWrite>,
    Path((id, no)): Path<(OrderId, i16)>,
    Keyed { key, body }: Keyed<NewNameBody>,
) -> Answer {
    let mut call = allowed.begin(key).await?;
    let order = rename_ticket(&mut call.tx, id, no, &body.name).await?;
    changed(&allowed, call, order, &[]).await
}
