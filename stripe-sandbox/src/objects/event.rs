//! The event: what happened, with the object as it was then. Its text is made once; what is kept, shown and sent is that text.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::book::Context;
use crate::ids;

/// The API version whose shapes the objects have.
pub(crate) const API_VERSION: &str = "2026-09-30.endive";

/// The newest events that are kept per account; Stripe keeps thirty days.
const MOST_KEPT: usize = 20_000;

/// The request that caused an event.
#[derive(Clone, Debug)]
pub(crate) struct Cause {
    pub(crate) request_id: String,
    pub(crate) idempotency_key: Option<String>,
}

/// An event as kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) kind: String,
    /// The payment it is about; events of one payment are sent in order.
    pub(crate) payment: String,
    /// The JSON text, exactly as it is signed and sent.
    pub(crate) body: Arc<str>,
    /// The connected account whose event it is.
    #[serde(default)]
    pub(crate) account: Option<Arc<str>>,
    /// The receivers that do not have it yet.
    #[serde(default)]
    pub(crate) pending: Vec<String>,
}

/// The JSON of an event, around an object that is not copied.
#[derive(Serialize)]
struct Body<'a> {
    id: &'a str,
    object: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    api_version: &'static str,
    created: i64,
    data: BTreeMap<&'static str, &'a Value>,
    livemode: bool,
    pending_webhooks: usize,
    request: Request<'a>,
    #[serde(rename = "type")]
    kind: &'a str,
}

#[derive(Serialize)]
struct Request<'a> {
    id: Option<&'a str>,
    idempotency_key: Option<&'a str>,
}

impl Event {
    /// `object` is what the event is about, `previous` the former values of what changed, `pending` the receivers that shall get it.
    pub(crate) fn new(
        kind: &str,
        object: &Value,
        previous: Option<&Value>,
        context: &Context,
        account: Option<Arc<str>>,
        pending: Vec<String>,
    ) -> Self {
        let (cause, now) = (context.cause.as_ref(), context.now());
        let id = ids::fresh("evt");
        let payment = match object.get("object").and_then(Value::as_str) {
            Some("payment_intent") => object.get("id"),
            _ => object.get("payment_intent"),
        };
        let payment = payment.and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut data = BTreeMap::from([("object", object)]);
        data.extend(previous.map(|previous| ("previous_attributes", previous)));
        let body = Body {
            id: &id,
            object: "event",
            account: account.as_deref(),
            api_version: API_VERSION,
            created: now,
            data,
            livemode: false,
            pending_webhooks: pending.len(),
            request: Request {
                id: cause.map(|cause| cause.request_id.as_str()),
                idempotency_key: cause.and_then(|cause| cause.idempotency_key.as_deref()),
            },
            kind,
        };
        // Neither a map with text keys nor these plain fields can fail to be written.
        let body = serde_json::to_string(&body).unwrap_or_default().into();
        Self { id, created: now, kind: kind.to_owned(), payment, body, account, pending }
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut json: Value = serde_json::from_str(&self.body).unwrap_or_default();
        json["pending_webhooks"] = json!(self.pending.len());
        json
    }
}

/// The newest events of an account, oldest first.
#[derive(Debug, Default)]
pub(crate) struct EventLog {
    events: VecDeque<Event>,
    /// How many were dropped from the front, so that a place stays true.
    dropped: usize,
    places: HashMap<String, usize>,
}

impl EventLog {
    pub(crate) fn push(&mut self, event: Event) {
        if self.events.len() == MOST_KEPT
            && let Some(oldest) = self.events.pop_front()
        {
            self.places.remove(&oldest.id);
            self.dropped += 1;
        }
        self.places.insert(event.id.clone(), self.dropped + self.events.len());
        self.events.push_back(event);
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Event> {
        self.events.get(self.place(id)?)
    }

    /// Notes that the receiver has it. False if it is no longer kept, or was noted before.
    pub(crate) fn mark_delivered(&mut self, id: &str, receiver: &str) -> bool {
        let event = self.place(id).and_then(|place| self.events.get_mut(place));
        event.is_some_and(|event| {
            let before = event.pending.len();
            event.pending.retain(|other| other != receiver);
            event.pending.len() < before
        })
    }

    pub(crate) fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).map(|place| place - self.dropped)
    }

    pub(crate) fn events(&self) -> &VecDeque<Event> {
        &self.events
    }
}
