//! `POST /v1/webhook_endpoints`

use std::collections::BTreeMap;

use axum::{extract::State, http::StatusCode};
use foundation::id::ShowId;
use serde::Deserialize;
use tenancy::webhook_endpoints::{self, NewEndpoint, Signature};
use utoipa::ToSchema;

use super::{FreshEndpointView, known_shows, rules};
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
    /// Empty or left out: all shows. What happens to no show is sent in any case.
    #[serde(default)]
    show_ids: Vec<ShowId>,
    /// `v1` unless said.
    #[serde(default)]
    signature: Signature,
    /// One event at a time, in the order of the log, and none before the one ahead of it was taken.
    #[serde(default)]
    ordered: bool,
    /// 1 to 1000; left out: as many as it takes.
    max_per_second: Option<i32>,
    /// Headers to send besides, at most ten; their values are never shown again.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    description: String,
}

/// Creates a webhook endpoint. It is sent a ping (`endpoint.pinged`) and, once it has answered that with 2xx, what happens from
/// now on.
#[utoipa::path(post, path = "/v1/webhook_endpoints", tag = "Webhooks", request_body = NewEndpointBody, responses((status = 201, body = FreshEndpointView)))]
pub(crate) async fn create(
    allowed: Allowed<WebhooksWrite>,
    State(app): State<App>,
    Keyed { key, body }: Keyed<NewEndpointBody>,
) -> Answer {
    let new = NewEndpoint {
        url: body.url,
        event_types: body.event_types,
        show_ids: body.show_ids,
        signature: body.signature,
        ordered: body.ordered,
        max_per_second: body.max_per_second,
        headers: body.headers,
        description: body.description,
    };
    let mut call = allowed.begin(key).await?;
    let (endpoint, secret) = webhook_endpoints::create(&mut call.tx, &rules(&app), new).await?;
    known_shows(&mut call.tx, &endpoint.show_ids).await?;
    let version = endpoint.version;
    call.finish(StatusCode::CREATED, &FreshEndpointView::of(endpoint, &secret), Some(version)).await
}
