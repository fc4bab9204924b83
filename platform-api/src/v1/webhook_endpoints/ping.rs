//! `POST /v1/webhook_endpoints/{endpoint_id}/ping`

use axum::http::StatusCode;
use foundation::id::EndpointId;
use tenancy::webhook_endpoints;

use super::EndpointView;
use crate::web::{Allowed, Answer, Keyed, Path, body::Nothing, scope::WebhooksWrite};

/// Sends a webhook endpoint a ping (`endpoint.pinged`), to see whether it is there; one that has not answered any yet gets
/// events once it answers this one.
#[utoipa::path(post, path = "/v1/webhook_endpoints/{endpoint_id}/ping", tag = "Webhooks", params(("endpoint_id" = EndpointId, Path)), request_body = Nothing, responses((status = 200, body = EndpointView)))]
pub(crate) async fn ping(
    allowed: Allowed<WebhooksWrite>,
    Path(id): Path<EndpointId>,
    Keyed { key, body: Nothing {} }: Keyed<Nothing>,
) -> Answer {
    let mut call = allowed.begin(key).await?;
    let endpoint = webhook_endpoints::ping(&mut call.tx, id).await?;
    let version = endpoint.version;
    call.finish(StatusCode::OK, &EndpointView::from(endpoint), Some(version)).await
}
