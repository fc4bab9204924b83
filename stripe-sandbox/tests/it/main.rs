//! The provider over real HTTP: what a shop, a buyer's browser and a receiver of callbacks see.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on should stop, in its own functions too"
)]

mod accounts;
mod buyers;
mod callbacks;
mod checkout;
mod clients;
mod connect;
mod customers;
mod debits;
mod disputes;
mod faults;
mod idempotency;
mod page;
mod payments;
mod receiver;
mod refunds;
mod restart;
mod secure;
mod types;
mod webhook_endpoints;
mod wire;
mod world;
