//! The provider over real HTTP: what a shop, a buyer's browser and a receiver of callbacks see.

mod accounts;
mod callbacks;
mod idempotency;
mod page;
mod payments;
mod receiver;
mod refunds;
mod restart;
mod types;
mod wire;
mod world;
