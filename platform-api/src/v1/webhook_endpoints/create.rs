//! `POST /v1/webhook_endpoints`

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use tenancy::webhook_endpoints::{self, NewEndpoint};
use utoipa::ToSchema;

use super::{EndpointView, rules};
use crate::{
    app::App,
    web::{Allowed, Answer, Keyed, scope::WebhooksWrite},
};

/// An endpoint to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWebhookEndpoint)]
pub(crate) struct NewEndpointBody {
    #[schema(example = "https://shop.example/webhooks")]
    url: String,
    /// Empty or left out: all types.
    #[serde(default)]
    event_types: Vec<String>,
    #[serde(default)]
    description: String,
}

/// The endpoint with its signing secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookEndpointCreated)]
pub(crate) struct FreshEndpointView {
    #[serde(flatten)]
    endpoint: EndpointView,
    /// Verifies deliveries by Standard Webhooks.
    #[schema(example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")]
    secret: String,
}

/// Creates a webhook endpoint. It gets what happens from now on.
#[utoipa::path(post, path = "/v1/webhook_endpoints", tag = "Webhooks", request_body = NewEndpointBody, responses((status = 201, body = FreshEndpointView)))]
pub(crate) async fn create(
    allowed: Allowed<WebhooksWrite>,
    State(app): State<App>,
    Keyed { key, body }: Keyed<NewEndpointBody>,
) -> Answer {
    let new = NewEndpoint { url: body.url, event_types: body.event_types, description: body.description };
    let mut call = allowed.begin(key).await?;
    let sealer = allowed.cell().sealer();
    let (endpoint, secret) = webhook_endpoints::create(&mut call.tx, sealer, &rules(&app), new).await?;
    let version = endpoint.version;
    call.finish(StatusCode::CREATED, &FreshEndpointView { endpoint: endpoint.into(), secret }, Some(version)).await
}
