//! `PATCH /v1/orders/{order_id}`

use foundation::id::OrderId;
use serde::Deserialize;
use ticketing::use_cases::{answer_questions::answer_questions, update_buyer::update_buyer};
use utoipa::ToSchema;

use super::{AnswerOfBuyer, BuyerBody, OrderView, read_answers};
use crate::web::{Allowed, Answer, Body, IfMatch, Path, Reply, caller::commit, scope::OrdersWrite};

/// What to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OrderChanges)]
pub(crate) struct OrderChangesBody {
    buyer: Option<BuyerBody>,
    /// Answers to what the shows ask; those that are left out stay.
    #[serde(default)]
    answers: Vec<AnswerOfBuyer>,
}

/// Completes or corrects who buys and what was answered, until the order is paid.
#[utoipa::path(patch, path = "/v1/orders/{order_id}", tag = "Orders", params(("order_id" = OrderId, Path)), request_body = OrderChangesBody, responses((status = 200, body = OrderView)))]
pub(crate) async fn update(
    allowed: Allowed<OrdersWrite>,
    Path(id): Path<OrderId>,
    IfMatch(version): IfMatch,
    Body(body): Body<OrderChangesBody>,
) -> Answer {
    let buyer = body.buyer.map(BuyerBody::read).transpose()?;
    let answers = read_answers(body.answers);
    let mut tx = allowed.tx().await?;
    let order = match buyer {
        None if !answers.is_empty() => answer_questions(&mut tx, id, version, &answers).await?,
        buyer => {
            let order = update_buyer(&mut tx, id, version, buyer.unwrap_or_default()).await?;
            if answers.is_empty() { order } else { answer_questions(&mut tx, id, order.version, &answers).await? }
        }
    };
    commit(tx).await?;
    let version = order.version;
    Reply::versioned(&OrderView::from(order), version)
}
