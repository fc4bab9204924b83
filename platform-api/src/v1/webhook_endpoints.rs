//! `/v1/webhook_endpoints`

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod update;

use foundation::{
    Instant,
    id::{EndpointId, EventId},
};
use serde::Serialize;
use tenancy::webhook_endpoints::{Endpoint, EndpointState, Rules};
use utoipa::ToSchema;

use crate::{app::App, catalogue::EVENT_TYPES};

/// Where events are pushed to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookEndpoint)]
pub(crate) struct EndpointView {
    id: EndpointId,
    url: String,
    /// The types that it gets; empty: all.
    event_types: Vec<String>,
    state: EndpointState,
    description: String,
    created_at: Instant,
    /// Counts its changes; also the ETag.
    version: i64,
}

impl From<Endpoint> for EndpointView {
    fn from(endpoint: Endpoint) -> Self {
        Self {
            id: endpoint.id,
            url: endpoint.url,
            event_types: endpoint.event_types,
            state: endpoint.state,
            description: endpoint.description,
            created_at: endpoint.created_at,
            version: endpoint.version,
        }
    }
}

/// An event, as webhooks have it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventView {
    /// Also the webhook-id, the same at every try.
    id: EventId,
    /// `order.paid` and so on.
    #[serde(rename = "type")]
    kind: String,
    /// When it happened.
    timestamp: Instant,
    /// Its place in your event log.
    position: i64,
    object_type: String,
    /// Counts the object's changes.
    version: Option<i64>,
    region: String,
    /// The object as it then was.
    #[schema(value_type = Object)]
    data: serde_json::Value,
}

pub(crate) fn rules(app: &App) -> Rules<'static> {
    Rules { event_types: EVENT_TYPES, allow_private: app.settings.allow_private_webhooks }
}
