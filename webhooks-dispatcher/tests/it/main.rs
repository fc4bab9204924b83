//! The dispatcher against a real PostgreSQL and real receivers over HTTP.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what a test cannot have fails it")]

mod delivery;
mod failures;
mod isolation;
mod processes;
mod receiver;
mod sequencer;
mod world;
