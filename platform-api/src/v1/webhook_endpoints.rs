//! `/v1/webhook_endpoints`

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod deliveries;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod ping;
pub(crate) mod replay;
pub(crate) mod rotate;
pub(crate) mod update;

use foundation::{
    Error, Instant, Mode, TenantTx,
    id::{EndpointId, EventId, ShowId},
    refusal::FieldErrors,
};
use serde::Serialize;
use tenancy::webhook_endpoints::{
    DisabledReason, Endpoint, EndpointState, FreshSecret, PayloadVersion, Rules, Signature,
};
use ticketing::store::shows;
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
    /// The shows whose events it gets; empty: all. What happens to no show is sent in any case.
    show_ids: Vec<ShowId>,
    state: EndpointState,
    /// Why it was disabled.
    disabled_reason: Option<DisabledReason>,
    /// When it answered the ping of its address; it is sent nothing else before.
    verified_at: Option<Instant>,
    /// Since when it has taken nothing, if so; after five days it is disabled.
    failing_since: Option<Instant>,
    signature: Signature,
    /// What to verify by, of an endpoint with a key pair: the newest first. Each stands for as long as it signs.
    public_keys: Vec<String>,
    payload_version: PayloadVersion,
    /// Whether it gets one event at a time, in the order of the log.
    ordered: bool,
    max_per_second: Option<i32>,
    /// The headers that you have added, without their values.
    header_names: Vec<String>,
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
            show_ids: endpoint.show_ids,
            state: endpoint.state,
            disabled_reason: endpoint.disabled_reason,
            verified_at: endpoint.verified_at,
            failing_since: endpoint.failing_since,
            signature: endpoint.signature,
            public_keys: endpoint.public_keys,
            payload_version: endpoint.payload_version,
            ordered: endpoint.ordered,
            max_per_second: endpoint.max_per_second,
            header_names: endpoint.header_names,
            description: endpoint.description,
            created_at: endpoint.created_at,
            version: endpoint.version,
        }
    }
}

/// The endpoint with its signing secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookEndpointCreated)]
pub(crate) struct FreshEndpointView {
    #[serde(flatten)]
    endpoint: EndpointView,
    /// Verifies deliveries by Standard Webhooks; null where `public_keys` do.
    #[schema(example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")]
    secret: Option<String>,
}

impl FreshEndpointView {
    fn of(endpoint: Endpoint, secret: &FreshSecret) -> Self {
        Self { endpoint: endpoint.into(), secret: secret.shown().map(str::to_owned) }
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
    api_version: PayloadVersion,
    /// When it happened.
    timestamp: Instant,
    mode: Mode,
    region: String,
    /// Its place in your event log.
    position: i64,
    object_type: String,
    /// Which event of its object it is: 1, 2, 3 without gaps.
    sequence: i64,
    /// The object's version after the change.
    version: Option<i64>,
    /// The object as it then was.
    #[schema(value_type = Object)]
    data: serde_json::Value,
}

/// Refuses shows that there are none of; as many are looked for as an endpoint may name.
async fn known_shows(tx: &mut TenantTx, ids: &[ShowId]) -> Result<(), Error> {
    let known = shows::existing(tx, ids).await?;
    let mut fields = FieldErrors::default();
    for (nth, id) in ids.iter().enumerate() {
        fields.check(known.contains(id), format!("/show_ids/{nth}"), format!("names no show of yours: {id}"));
    }
    Ok(fields.done()?)
}

pub(crate) fn rules(app: &App) -> Rules<'_> {
    Rules { event_types: &EVENT_TYPES, allow_private: app.settings.allow_private_webhooks, own_hosts: &app.own_hosts }
}
