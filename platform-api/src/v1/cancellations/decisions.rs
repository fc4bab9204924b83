//! `POST /v1/cancellations/{cancellation_id}/decisions`

use axum::http::StatusCode;
use foundation::id::{CancellationId, OrderId};
use serde::Deserialize;
use ticketing::use_cases::{decide_cancellation::decide_cancellation, refund::send};
use utoipa::ToSchema;

use super::{OrderRemedyView, RemedyBody};
use crate::web::{Allowed, Answer, Keyed, Path, scope::OrdersWrite};

/// A buyer's choice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRemedyDecision)]
pub(crate) struct NewRemedyBody {
    order_id: OrderId,
    decision: RemedyBody,
}

/// Does what a buyer has chosen for the tickets of an order: the money goes back, the buyer has credit, or the order has the tickets that were kept for it. It
/// is final. `not_enough_tickets` where no equal tickets were left for the order.
#[utoipa::path(post, path = "/v1/cancellations/{cancellation_id}/decisions", tag = "Performances", params(("cancellation_id" = CancellationId, Path)), request_body = NewRemedyBody, responses((status = 200, body = OrderRemedyView)))]
pub(crate) async fn create(
    allowed: Allowed<OrdersWrite>,
    Path(id): Path<CancellationId>,
    Keyed { key, body }: Keyed<NewRemedyBody>,
) -> Answer {
    let services = &allowed.services;
    let mut call = allowed.begin(key).await?;
    let decided =
        decide_cancellation(&mut call.tx, &services.inventory, id, body.order_id, body.decision.into()).await?;
    let view = OrderRemedyView::from(decided.decision);
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
