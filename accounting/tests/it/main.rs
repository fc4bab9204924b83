//! The books on a real PostgreSQL, as the application's role.

mod append_only;
mod fee_rules;
mod history;
mod posting;
mod reports;
mod shop;
mod verify;
