//! A receiver of an account's events: the configured one, or an endpoint made through the API. Each has lanes of its own, so that none
//! waits for another.

use std::sync::Arc;

use crate::book::Book;
use crate::callbacks::queue::Lanes;
use crate::config;

/// The name of the receiver from the configuration; the others have their endpoint's id.
const CONFIGURED: &str = "configured";

/// Whose events a receiver gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// All: the account's own and those of its connected accounts.
    All,
    Own,
    Connected,
}

/// One receiver as it is now.
#[derive(Clone, Debug)]
pub(crate) struct Receiver {
    pub(crate) id: String,
    pub(crate) url: String,
    pub(crate) secret: String,
    pub(crate) lanes: Arc<Lanes>,
    kinds: Vec<String>,
    scope: Scope,
}

impl Receiver {
    /// Whether it gets events of this type; `connected` tells whether a connected account's.
    pub(crate) fn wants(&self, kind: &str, connected: bool) -> bool {
        let scope = match self.scope {
            Scope::All => true,
            Scope::Own => !connected,
            Scope::Connected => connected,
        };
        scope && self.kinds.iter().any(|wanted| wanted == "*" || wanted == kind)
    }
}

/// The receivers that the account has now. `before` are those that it had; one that stays keeps its lanes.
pub(super) fn all(settings: &config::Account, book: &Book, before: &[Receiver]) -> Vec<Receiver> {
    let lanes = |id: &str| {
        let kept = before.iter().find(|receiver| receiver.id == id).map(|receiver| receiver.lanes.clone());
        kept.unwrap_or_default()
    };
    let configured = settings.callback_url.iter().map(|url| Receiver {
        id: CONFIGURED.to_owned(),
        url: url.clone(),
        secret: settings.callback_secret.clone(),
        lanes: lanes(CONFIGURED),
        kinds: vec!["*".to_owned()],
        scope: Scope::All,
    });
    let endpoints = book.webhook_endpoints.rows().iter().filter(|endpoint| !endpoint.deleted && !endpoint.disabled);
    let registered = endpoints.map(|endpoint| Receiver {
        id: endpoint.id.clone(),
        url: endpoint.url.clone(),
        secret: endpoint.secret.clone(),
        lanes: lanes(&endpoint.id),
        kinds: endpoint.enabled_events.clone(),
        scope: if endpoint.connect { Scope::Connected } else { Scope::Own },
    });
    configured.chain(registered).collect()
}
