//! `POST /v1/reschedulings/{rescheduling_id}/decisions`

use axum::http::StatusCode;
use foundation::id::{OrderId, ReschedulingId};
use serde::Deserialize;
use ticketing::use_cases::{decide_rescheduling::decide_rescheduling, refund::send};
use utoipa::ToSchema;

use super::{DecisionBody, OrderDecisionView};
use crate::web::{Allowed, Answer, Keyed, Path, scope::OrdersWrite};

/// A buyer's choice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDecision)]
pub(crate) struct NewDecisionBody {
    order_id: OrderId,
    decision: DecisionBody,
}

/// Notes what a buyer has chosen for the tickets of an order. Who keeps them may still give them back until the deadline.
#[utoipa::path(post, path = "/v1/reschedulings/{rescheduling_id}/decisions", tag = "Performances", params(("rescheduling_id" = ReschedulingId, Path)), request_body = NewDecisionBody, responses((status = 200, body = OrderDecisionView)))]
pub(crate) async fn create(
    allowed: Allowed<OrdersWrite>,
    Path(id): Path<ReschedulingId>,
    Keyed { key, body }: Keyed<NewDecisionBody>,
) -> Answer {
    let services = &allowed.services;
    let mut call = allowed.begin(key).await?;
    let decided =
        decide_rescheduling(&mut call.tx, &services.inventory, id, body.order_id, body.decision.into()).await?;
    let view = OrderDecisionView::from(decided.decision);
    let answer = call.finish_with(StatusCode::OK, &view, None, &decided.changes).await;
    // Accepted is accepted: if the provider cannot be reached now, the worker asks again.
    if answer.is_ok()
        && let Some(refund) = decided.refund
        && let Err(error) = send(&services.inventory, allowed.provider(), allowed.caller.reseller, refund.id).await
    {
        tracing::warn!(%error, refund = %refund.id, "a refund has not reached the provider yet");
    }
    answer
}
