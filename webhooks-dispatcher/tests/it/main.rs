//! The dispatcher against a real PostgreSQL and real receivers over HTTP.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what a test cannot have fails it")]

mod again;
mod delivery;
mod endpoints;
mod failures;
mod isolation;
mod killed;
mod libraries;
mod load;
mod order;
mod processes;
mod receiver;
mod sequencer;
mod verification;
mod world;
