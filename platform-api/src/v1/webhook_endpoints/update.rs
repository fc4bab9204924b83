//! `PATCH /v1/webhook_endpoints/{endpoint_id}`

use axum::extract::State;
use foundation::id::EndpointId;
use serde::Deserialize;
use tenancy::webhook_endpoints::{self, EndpointChanges, EndpointState};
use utoipa::ToSchema;

use super::{EndpointView, rules};
use crate::{
    app::App,
    web::{Allowed, Answer, Body, IfMatch, Path, Reply, caller::commit, scope::WebhooksWrite},
};

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookEndpointChanges)]
pub(crate) struct EndpointChangesBody {
    url: Option<String>,
    event_types: Option<Vec<String>>,
    description: Option<String>,
    state: Option<EndpointState>,
}

/// Changes a webhook endpoint. What is still to be delivered goes to the new address.
#[utoipa::path(patch, path = "/v1/webhook_endpoints/{endpoint_id}", tag = "Webhooks", params(("endpoint_id" = EndpointId, Path)), request_body = EndpointChangesBody, responses((status = 200, body = EndpointView)))]
pub(crate) async fn update(
    allowed: Allowed<WebhooksWrite>,
    State(app): State<App>,
    Path(id): Path<EndpointId>,
    IfMatch(version): IfMatch,
    Body(body): Body<EndpointChangesBody>,
) -> Answer {
    let changes = EndpointChanges {
        url: body.url,
        event_types: body.event_types,
        description: body.description,
        state: body.state,
    };
    let mut tx = allowed.tx().await?;
    let endpoint = webhook_endpoints::update(&mut tx, &rules(&app), id, version, changes).await?;
    commit(tx).await?;
    let version = endpoint.version;
    Reply::versioned(&EndpointView::from(endpoint), version)
}
