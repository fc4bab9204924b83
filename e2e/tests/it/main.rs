//! The whole platform from outside: the real program, real HTTP, a real PostgreSQL, a real payment sandbox; and what the
//! documents say, held against the repository.
//!
//! It must never reach into a process: what it knows it was told over HTTP, by the program's own words, or by the database.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on must stop at once, and says what it saw"
)]

mod acknowledged;
mod arrows;
mod buyer;
mod house;
mod kill_nine;
mod lifecycles;
mod line;
mod never_twice;
mod operator_errors;
mod payment_page;
mod place;
mod platform;
mod program;
mod purchase;
mod purchases;
mod requirements;
mod shop;
mod stopping;
mod test_cards;
mod walk_through;
mod webhooks;
