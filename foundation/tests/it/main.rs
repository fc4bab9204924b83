//! What foundation promises against a real PostgreSQL.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on should stop, in its own functions too"
)]

mod idempotency;
mod killed;
mod refusals;
mod sequencer;
mod snapshot;
mod throttle;
mod time;
mod verify;
