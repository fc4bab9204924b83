//! The mail dispatcher against a real PostgreSQL and a real mail server over SMTP; what arrives is read by a real parser.
#![expect(clippy::unwrap_used, reason = "what a test cannot have fails it")]

mod failures;
mod letters;
mod outbox;
mod processes;
mod safety;
mod server;
mod world;
