//! `POST /v1/webhook_endpoints/{endpoint_id}/rotate`

use std::time::Duration;

use axum::http::StatusCode;
use foundation::id::EndpointId;
use serde::Deserialize;
use tenancy::webhook_endpoints::{self, OVERLAP_DEFAULT};
use utoipa::ToSchema;

use super::FreshEndpointView;
use crate::web::{Allowed, Answer, Keyed, Path, scope::WebhooksWrite};

/// How long the old key signs besides.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookSecretRotation)]
pub(crate) struct RotateBody {
    /// At most seven days; a day unless said.
    overlap_seconds: Option<u32>,
}

/// Gives a webhook endpoint a new signing key. Until the overlap is over deliveries are signed with both, so that receivers can
/// change over one by one.
#[utoipa::path(post, path = "/v1/webhook_endpoints/{endpoint_id}/rotate", tag = "Webhooks", params(("endpoint_id" = EndpointId, Path)), request_body = RotateBody, responses((status = 201, body = FreshEndpointView)))]
pub(crate) async fn rotate(
    allowed: Allowed<WebhooksWrite>,
    Path(id): Path<EndpointId>,
    Keyed { key, body }: Keyed<RotateBody>,
) -> Answer {
    let overlap = body.overlap_seconds.map_or(OVERLAP_DEFAULT, |seconds| Duration::from_secs(seconds.into()));
    let mut call = allowed.begin(key).await?;
    let (endpoint, secret) = webhook_endpoints::rotate(&mut call.tx, id, overlap).await?;
    let version = endpoint.version;
    call.finish(StatusCode::CREATED, &FreshEndpointView::of(endpoint, &secret), Some(version)).await
}
