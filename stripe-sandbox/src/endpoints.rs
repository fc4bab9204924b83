//! The rules of webhook endpoints: what may be registered, changed and taken away.

use serde_json::{Value, json};

use crate::book::{Book, Context};
use crate::error::Error;
use crate::ids;
use crate::metadata::{Change, Metadata};
use crate::objects::webhook_endpoint::WebhookEndpoint;
use crate::params::Params;

/// The most endpoints that an account may have, as at Stripe.
const MOST_ENDPOINTS: usize = 16;

/// The most types that one endpoint names.
const MOST_TYPES: usize = 250;

/// What a new endpoint shall be.
#[derive(Debug)]
pub(crate) struct Create {
    api_version: Option<String>,
    connect: bool,
    wanted: Update,
}

/// What shall change.
#[derive(Debug)]
pub(crate) struct Update {
    url: Option<String>,
    enabled_events: Option<Vec<String>>,
    description: Option<String>,
    disabled: Option<bool>,
    metadata: Option<Change>,
}

impl Create {
    pub(crate) fn parse(mut params: Params) -> Result<Self, Error> {
        let api_version = params.filled("api_version")?;
        let connect = params.boolean("connect")?.unwrap_or(false);
        let wanted = Update::parse(params)?;
        if wanted.url.is_none() {
            return Err(Error::missing_parameter("url"));
        }
        if wanted.disabled.is_some() {
            return Err(Error::parameter("parameter_unknown", "Received unknown parameter: disabled", "disabled"));
        }
        if wanted.enabled_events.is_none() {
            return Err(Error::missing_parameter("enabled_events"));
        }
        Ok(Self { api_version, connect, wanted })
    }
}

impl Update {
    pub(crate) fn parse(mut params: Params) -> Result<Self, Error> {
        let types = params.strings("enabled_events")?;
        if types.len() > MOST_TYPES {
            let message = format!("An endpoint can name up to {MOST_TYPES} types of events, or `*` for all.");
            return Err(Error::parameter("parameter_invalid", &message, "enabled_events"));
        }
        if let Some((place, kind)) = types.iter().enumerate().find(|(_, kind)| !is_type(kind)) {
            let message = format!("Invalid enabled_events[{place}]: {kind} is no type of event.");
            return Err(Error::parameter("parameter_invalid", &message, &format!("enabled_events[{place}]")));
        }
        let wanted = Self {
            url: params.filled("url")?.map(web_address).transpose()?,
            enabled_events: Some(types).filter(|types| !types.is_empty()),
            description: params.string("description")?,
            disabled: params.boolean("disabled")?,
            metadata: params.metadata()?,
        };
        params.finish()?;
        Ok(wanted)
    }

    fn apply(self, endpoint: &mut WebhookEndpoint) -> Result<(), Error> {
        if let Some(change) = &self.metadata {
            change.apply(&mut endpoint.metadata)?;
        }
        if let Some(url) = self.url {
            endpoint.url = url;
        }
        if let Some(types) = self.enabled_events {
            endpoint.enabled_events = types;
        }
        if let Some(description) = self.description {
            endpoint.description = Some(description).filter(|text| !text.is_empty());
        }
        endpoint.disabled = self.disabled.unwrap_or(endpoint.disabled);
        Ok(())
    }
}

/// `*`, or words joined by points.
fn is_type(kind: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    kind == "*" || (kind.contains('.') && kind.split('.').all(word))
}

fn web_address(url: String) -> Result<String, Error> {
    let is_web = reqwest::Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    let message = "Invalid URL: An explicit scheme (such as https) must be provided.";
    if is_web { Ok(url) } else { Err(Error::parameter("url_invalid", message, "url")) }
}

impl Book {
    /// The endpoint with this id, unless it was deleted.
    pub(crate) fn endpoint(&self, id: &str) -> Result<&WebhookEndpoint, Error> {
        let found = self.webhook_endpoints.get(id).filter(|endpoint| !endpoint.deleted);
        found.ok_or_else(|| Error::no_such("webhook endpoint", id, "webhook_endpoint"))
    }

    /// Registers the endpoint. Only this answer carries its secret.
    pub(crate) fn create_endpoint(&mut self, context: &Context, wanted: Create) -> Result<Value, Error> {
        let there = self.webhook_endpoints.rows().iter().filter(|endpoint| !endpoint.deleted).count();
        if there >= MOST_ENDPOINTS {
            let message = format!("You have reached the maximum of {MOST_ENDPOINTS} test webhook endpoints.");
            return Err(Error::refused(&message));
        }
        let mut endpoint = WebhookEndpoint {
            id: ids::fresh("we"),
            api_version: wanted.api_version,
            connect: wanted.connect,
            created: context.now(),
            deleted: false,
            description: None,
            disabled: false,
            enabled_events: Vec::new(),
            metadata: Metadata::new(),
            secret: ids::fresh("whsec"),
            url: String::new(),
        };
        wanted.wanted.apply(&mut endpoint)?;
        let mut json = endpoint.to_json();
        json["secret"] = json!(endpoint.secret);
        self.put_webhook_endpoint(endpoint);
        Ok(json)
    }

    pub(crate) fn update_endpoint(&mut self, id: &str, wanted: Update) -> Result<Value, Error> {
        let mut endpoint = self.endpoint(id)?.clone();
        wanted.apply(&mut endpoint)?;
        let json = endpoint.to_json();
        self.put_webhook_endpoint(endpoint);
        Ok(json)
    }

    pub(crate) fn delete_endpoint(&mut self, id: &str) -> Result<Value, Error> {
        let mut endpoint = self.endpoint(id)?.clone();
        endpoint.deleted = true;
        self.put_webhook_endpoint(endpoint);
        Ok(json!({"id": id, "object": "webhook_endpoint", "deleted": true}))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_events_are_told_from_nonsense() {
        for good in ["*", "charge.refunded", "radar.early_fraud_warning.created", "v2.core.account.updated"] {
            assert!(is_type(good), "{good}");
        }
        for wrong in ["", "charge", "charge.", ".refunded", "charge.*", "charge refunded.x", "charge..x"] {
            assert!(!is_type(wrong), "{wrong}");
        }
    }
}
