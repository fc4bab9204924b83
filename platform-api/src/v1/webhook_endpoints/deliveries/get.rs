//! `GET /v1/webhook_endpoints/{endpoint_id}/deliveries/{event_id}`

use foundation::id::{EndpointId, EventId};
use webhooks_dispatcher::deliveries;

use super::DeliveryWithAttemptsView;
use crate::web::{Allowed, Answer, Path, Reply, scope::WebhooksRead};

/// Reads what became of an event at a webhook endpoint, try by try.
#[utoipa::path(get, path = "/v1/webhook_endpoints/{endpoint_id}/deliveries/{event_id}", tag = "Webhooks", params(("endpoint_id" = EndpointId, Path), ("event_id" = EventId, Path)), responses((status = 200, body = DeliveryWithAttemptsView)))]
pub(crate) async fn get(
    allowed: Allowed<WebhooksRead>,
    Path((endpoint, event)): Path<(EndpointId, EventId)>,
) -> Answer {
    let found = deliveries::get(&mut allowed.snapshot().await?, endpoint, event).await?;
    Reply::ok(&DeliveryWithAttemptsView::from(found))
}
