//! The webhook endpoint: a receiver of events that was made through the API.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::metadata::Metadata;
use crate::table::Row;

/// An endpoint as kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct WebhookEndpoint {
    pub(crate) id: String,
    pub(crate) api_version: Option<String>,
    /// Whether it gets the events of connected accounts instead of the account's own.
    pub(crate) connect: bool,
    pub(crate) created: i64,
    pub(crate) deleted: bool,
    pub(crate) description: Option<String>,
    pub(crate) disabled: bool,
    /// Types of events, or `*` for all.
    pub(crate) enabled_events: Vec<String>,
    pub(crate) metadata: Metadata,
    pub(crate) secret: String,
    pub(crate) url: String,
}

impl Row for WebhookEndpoint {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl WebhookEndpoint {
    /// Without the secret, which is shown once, to whoever creates the endpoint.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "webhook_endpoint",
            "api_version": self.api_version,
            "application": null,
            "created": self.created,
            "description": self.description,
            "enabled_events": self.enabled_events,
            "livemode": false,
            "metadata": self.metadata,
            "status": if self.disabled { "disabled" } else { "enabled" },
            "url": self.url,
        })
    }
}
