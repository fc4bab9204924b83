//! The books on a real PostgreSQL, as the application's role.
#![expect(clippy::unwrap_used, reason = "what a test cannot do fails the test")]

mod append_only;
mod books;
mod fee_rules;
mod history;
mod posting;
mod reports;
mod seals;
mod settlements;
mod shop;
mod terms;
mod verify;
