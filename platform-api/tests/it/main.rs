//! The reseller's API through its real router, over real HTTP, on a real PostgreSQL and with the payment sandbox.
//!
//! What must hold for every operation is not listed by hand: those tests walk the OpenAPI document, and a new operation
//! fails them until it has its line in `scenes`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what a test cannot do fails the test")]

mod app;
mod archive;
mod availability;
mod blocks;
mod browsers;
mod cards;
mod choosing;
mod client;
mod contract;
mod document;
mod documents;
mod door;
mod forecast;
mod history;
mod idempotency;
mod layouts;
mod lists;
mod log;
mod mail;
mod mistakes;
mod mistakes_in_a_purchase;
mod mistakes_in_form;
mod offers;
mod operations;
mod owners;
mod payouts;
mod pictures;
mod preconditions;
mod public;
mod receipt;
mod sale;
mod sale_endings;
mod sale_terms;
mod scenes;
mod scopes;
mod seat_map;
mod settlements;
mod sold_through;
mod streams;
mod support_cases;
mod tenants;
mod theatre;
mod throttling;
mod waitlists;
