//! `PATCH /v1/orders/{order_id}`

use foundation::id::OrderId;
use serde::Deserialize;
use ticketing::use_cases::update_buyer::update_buyer;
use utoipa::ToSchema;

use super::{BuyerBody, OrderView};
use crate::web::{Allowed, Answer, Body, IfMatch, Path, Reply, caller::commit, scope::OrdersWrite};

/// What to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OrderChanges)]
pub(crate) struct OrderChangesBody {
    buyer: BuyerBody,
}

/// Completes or corrects who buys, until the order is paid.
#[utoipa::path(patch, path = "/v1/orders/{order_id}", tag = "Orders", params(("order_id" = OrderId, Path)), request_body = OrderChangesBody, responses((status = 200, body = OrderView)))]
pub(crate) async fn update(
    allowed: Allowed<OrdersWrite>,
    Path(id): Path<OrderId>,
    IfMatch(version): IfMatch,
    Body(body): Body<OrderChangesBody>,
) -> Answer {
    let buyer = body.buyer.read()?;
    let mut tx = allowed.tx().await?;
    let order = update_buyer(&mut tx, id, version, buyer).await?;
    commit(tx).await?;
    let version = order.version;
    Reply::versioned(&OrderView::from(order), version)
}
