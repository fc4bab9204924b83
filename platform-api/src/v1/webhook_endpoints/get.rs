//! `GET /v1/webhook_endpoints/{endpoint_id}`

use foundation::id::EndpointId;
use tenancy::webhook_endpoints;

use super::EndpointView;
use crate::web::{Allowed, Answer, Path, Reply, scope::WebhooksRead};

/// Reads a webhook endpoint.
#[utoipa::path(get, path = "/v1/webhook_endpoints/{endpoint_id}", tag = "Webhooks", params(("endpoint_id" = EndpointId, Path)), responses((status = 200, body = EndpointView)))]
pub(crate) async fn get(allowed: Allowed<WebhooksRead>, Path(id): Path<EndpointId>) -> Answer {
    let endpoint = webhook_endpoints::get(&mut allowed.snapshot().await?, id).await?;
    let version = endpoint.version;
    Reply::versioned(&EndpointView::from(endpoint), version)
}
