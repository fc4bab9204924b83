//! Tenancy on a real PostgreSQL, as the application's roles.
#![expect(clippy::unwrap_used, clippy::panic, reason = "what a test cannot do fails the test")]

mod desk;
mod isolation;
mod keys;
mod registering;
mod resellers;
mod rotation;
mod schema;
mod support_cases;
