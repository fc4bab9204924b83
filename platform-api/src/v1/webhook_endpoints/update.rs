//! `PATCH /v1/webhook_endpoints/{endpoint_id}`

use std::collections::BTreeMap;

use axum::extract::State;
use foundation::id::{EndpointId, ShowId};
use serde::{Deserialize, Deserializer};
use tenancy::webhook_endpoints::{self, EndpointChanges, WantedState};
use utoipa::ToSchema;

use super::{EndpointView, known_shows, rules};
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
    show_ids: Option<Vec<ShowId>>,
    ordered: Option<bool>,
    /// Null takes the limit away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i32>)]
    max_per_second: Option<Option<i32>>,
    /// All of them: what was there before is gone.
    headers: Option<BTreeMap<String, String>>,
    description: Option<String>,
    state: Option<WantedState>,
}

/// Tells a null, which takes the value away, from a field that is left out.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<i32>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Changes, pauses or enables a webhook endpoint. What is still to be delivered goes to the new address, once that has answered
/// a ping. Enabled again, it gets all that it has missed.
#[utoipa::path(patch, path = "/v1/webhook_endpoints/{endpoint_id}", tag = "Webhooks", params(("endpoint_id" = EndpointId, Path)), request_body = EndpointChangesBody, responses((status = 200, body = EndpointView)))]
pub(crate) async fn update(
    allowed: Allowed<WebhooksWrite>,
    State(app): State<App>,
    Path(id): Path<EndpointId>,
    IfMatch(version): IfMatch,
    Body(body): Body<EndpointChangesBody>,
) -> Answer {
    let shows_change = body.show_ids.is_some();
    let changes = EndpointChanges {
        url: body.url,
        event_types: body.event_types,
        show_ids: body.show_ids,
        ordered: body.ordered,
        max_per_second: body.max_per_second,
        headers: body.headers,
        description: body.description,
        state: body.state,
    };
    let mut tx = allowed.tx().await?;
    let endpoint = webhook_endpoints::update(&mut tx, &rules(&app), id, version, changes).await?;
    if shows_change {
        known_shows(&mut tx, &endpoint.show_ids).await?;
    }
    commit(tx).await?;
    let version = endpoint.version;
    Reply::versioned(&EndpointView::from(endpoint), version)
}
