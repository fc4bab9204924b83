//! A payment provider that speaks Stripe's HTTP API: for development, for test mode and for tests.
//!
//! It owns its own payments and nothing of the platform's. It must never keep a card number (the last four digits only), never
//! reach a real bank, and never let the data of one account be seen with the keys of another.

#![recursion_limit = "512"]

mod account;
mod bank_accounts;
mod behaviour;
mod book;
mod call;
mod callbacks;
mod cards;
mod checkout;
mod clock;
mod config;
mod connect;
mod control;
mod decline;
mod delays;
mod disputes;
mod endpoints;
mod error;
mod expand;
mod faults;
mod form;
mod funds;
mod headers;
mod idempotency;
mod ids;
mod journal;
mod line;
mod list;
mod metadata;
mod money;
mod objects;
mod opening;
mod page;
mod params;
mod payments;
mod rate_limit;
mod routes;
mod search;
mod server;
mod table;

pub use config::{Account, Config};
pub use money::Fee;
pub use server::{ServeError, serve};
