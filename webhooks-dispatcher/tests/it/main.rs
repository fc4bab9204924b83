//! The dispatcher against a real PostgreSQL and real receivers over HTTP.

mod delivery;
mod failures;
mod isolation;
mod processes;
mod receiver;
mod sequencer;
mod world;
