//! `POST /v1/webhook_endpoints/{endpoint_id}/deliveries/{event_id}/resend`

use axum::http::StatusCode;
use foundation::id::{EndpointId, EventId};
use webhooks_dispatcher::deliveries;

use super::DeliveryWithAttemptsView;
use crate::web::{Allowed, Answer, Keyed, Path, body::Nothing, scope::WebhooksWrite};

/// Sends an event to a webhook endpoint again, whatever became of it before. If it is not taken, it is tried again by the
/// schedule.
#[utoipa::path(post, path = "/v1/webhook_endpoints/{endpoint_id}/deliveries/{event_id}/resend", tag = "Webhooks", params(("endpoint_id" = EndpointId, Path), ("event_id" = EventId, Path)), request_body = Nothing, responses((status = 200, body = DeliveryWithAttemptsView)))]
pub(crate) async fn resend(
    allowed: Allowed<WebhooksWrite>,
    Path((endpoint, event)): Path<(EndpointId, EventId)>,
    Keyed { key, body: Nothing {} }: Keyed<Nothing>,
) -> Answer {
    let mut call = allowed.begin(key).await?;
    let found = deliveries::resend(&mut call.tx, endpoint, event).await?;
    call.finish(StatusCode::OK, &DeliveryWithAttemptsView::from(found), None).await
}
