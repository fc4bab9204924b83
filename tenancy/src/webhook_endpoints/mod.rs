//! Webhook endpoints: where a reseller wants its events sent, and what may be such a place.
//!
//! This module owns the addresses, the choice of event types and the signing secrets. It never sends anything, and it never
//! gives a secret out but once, in the answer to its creation.

pub mod address;
mod create;
mod delete;
mod get;
mod list;
mod rules;
mod secret;
mod store;
#[cfg(test)]
mod tests;
mod update;
pub mod url;

use foundation::{Instant, id::EndpointId};

pub use self::{
    create::create,
    delete::delete,
    get::get,
    list::list,
    rules::{DESCRIPTION_MAX, ENDPOINTS_MAX, Rules},
    update::update,
};

/// Whether an endpoint gets events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum EndpointState {
    /// It gets events.
    Enabled,
    /// It gets none, by its owner's wish or because it answered 410. What was pending waits until it is enabled again; what
    /// happens while it is disabled is never sent to it.
    Disabled,
}

/// A webhook endpoint, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Endpoint {
    /// Its id.
    #[sqlx(rename = "endpoint_id")]
    pub id: EndpointId,
    /// Where events are sent, as its owner wrote it.
    pub url: String,
    /// The types it gets; empty means every type.
    pub event_types: Vec<String>,
    /// Whether it gets events.
    pub state: EndpointState,
    /// Its owner's own words.
    pub description: String,
    /// Raised by every change.
    pub version: i64,
    /// When it was made.
    pub created_at: Instant,
}

/// An endpoint to be made.
#[derive(Debug, Clone, Default)]
pub struct NewEndpoint {
    /// Where to send events.
    pub url: String,
    /// The types wanted; empty means every type.
    pub event_types: Vec<String>,
    /// Its owner's own words, possibly none.
    pub description: String,
}

/// What to change of an endpoint; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct EndpointChanges {
    /// Where to send events from now on, those already pending too.
    pub url: Option<String>,
    /// The types wanted of what happens from now on.
    pub event_types: Option<Vec<String>>,
    /// Its owner's own words.
    pub description: Option<String>,
    /// Whether it gets events.
    pub state: Option<EndpointState>,
}
