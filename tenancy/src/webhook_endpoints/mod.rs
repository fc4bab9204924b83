//! Webhook endpoints: where a reseller wants its events sent, and what may be such a place.
//!
//! This module owns the addresses, the choice of what is sent, the signing secrets, and whether an endpoint is sent anything.
//! It never sends anything itself, and it never gives a secret out but once, in the answer to what made it.

pub mod address;
#[cfg(test)]
mod address_properties;
mod create;
mod delete;
mod disable;
mod get;
mod headers;
mod list;
mod ping;
mod reseal;
mod rotate;
mod rules;
mod secret;
mod store;
#[cfg(test)]
mod tests;
mod update;
pub mod url;
mod verified;

use std::collections::BTreeMap;

use foundation::{
    Instant,
    id::{EndpointId, ShowId},
};

pub use self::{
    create::create,
    delete::delete,
    disable::disable,
    get::get,
    headers::open_headers,
    list::list,
    ping::{PINGED, ping},
    reseal::reseal,
    rotate::{OVERLAP_DEFAULT, rotate},
    rules::{DESCRIPTION_MAX, ENDPOINTS_MAX, Rules},
    secret::FreshSecret,
    update::update,
    verified::verified,
};

/// Whether an endpoint gets events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum EndpointState {
    /// It gets events, once it has answered its ping.
    Enabled,
    /// It gets none, by its owner's wish; enabled again, it gets all that it has missed.
    Paused,
    /// It gets none, because it answered 410 or took nothing for five days; enabled again, it gets all that it has missed.
    Disabled,
}

/// What its owner can make of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum WantedState {
    /// It gets events, those that it has missed too.
    Enabled,
    /// It gets none for the time being.
    Paused,
}

/// Why the platform disabled an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum DisabledReason {
    /// It answered 410.
    Gone,
    /// It took nothing for five days.
    Failing,
}

/// How deliveries are signed (Standard Webhooks).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, sqlx::Type, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Signature {
    /// HMAC-SHA256 with a shared secret (`whsec_…`).
    #[default]
    V1,
    /// ed25519; receivers verify with the public key (`whpk_…`), which is no secret.
    V1a,
}

/// The form of the events that an endpoint is sent; it stays what it was when the endpoint was made.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, sqlx::Type, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum PayloadVersion {
    /// The first.
    #[default]
    V1,
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
    /// The shows whose events it gets; empty means every show's. What happens to no show is sent in any case.
    pub show_ids: Vec<ShowId>,
    /// Whether it gets events.
    pub state: EndpointState,
    /// Why it gets none, if the platform decided so.
    pub disabled_reason: Option<DisabledReason>,
    /// When it answered the ping of its address; it is sent nothing else before. By the tenant's clock.
    pub verified_at: Option<Instant>,
    /// How deliveries are signed.
    pub signature: Signature,
    /// What receivers verify by, where that is no secret: the newest first.
    pub public_keys: Vec<String>,
    /// The form of the events.
    pub payload_version: PayloadVersion,
    /// Whether it gets one at a time, in the order of the log.
    pub ordered: bool,
    /// The most deliveries a second, if it has a limit of its own.
    pub max_per_second: Option<i32>,
    /// The names of the headers that its owner has added.
    pub header_names: Vec<String>,
    /// Its owner's own words.
    pub description: String,
    /// Since when it has taken nothing, if so. By the tenant's clock.
    pub failing_since: Option<Instant>,
    /// Raised by every change.
    pub version: i64,
    /// When it was made. By the tenant's clock.
    pub created_at: Instant,
}

/// An endpoint to be made.
#[derive(Debug, Clone, Default)]
pub struct NewEndpoint {
    /// Where to send events.
    pub url: String,
    /// The types wanted; empty means every type.
    pub event_types: Vec<String>,
    /// The shows wanted; empty means every show.
    pub show_ids: Vec<ShowId>,
    /// How to sign.
    pub signature: Signature,
    /// Whether to send one at a time, in the order of the log.
    pub ordered: bool,
    /// The most deliveries a second; none: as many as it takes.
    pub max_per_second: Option<i32>,
    /// Headers to send besides.
    pub headers: BTreeMap<String, String>,
    /// Its owner's own words, possibly none.
    pub description: String,
}

/// What to change of an endpoint; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct EndpointChanges {
    /// Where to send events from now on, those already pending too. Another address has to answer a ping of its own first.
    pub url: Option<String>,
    /// The types wanted of what happens from now on.
    pub event_types: Option<Vec<String>>,
    /// The shows wanted of what happens from now on.
    pub show_ids: Option<Vec<ShowId>>,
    /// Whether to send one at a time.
    pub ordered: Option<bool>,
    /// The most deliveries a second; `Some(None)` takes the limit away.
    pub max_per_second: Option<Option<i32>>,
    /// All headers to send besides, from now on.
    pub headers: Option<BTreeMap<String, String>>,
    /// Its owner's own words.
    pub description: Option<String>,
    /// Whether it gets events.
    pub state: Option<WantedState>,
}
