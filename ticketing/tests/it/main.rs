//! Ticketing against a real PostgreSQL and, for payments, the provider's sandbox over HTTP.
//!
//! Every test ends with [`house::House::end`]: the event log is placed and no invariant of `stagedoor verify` is broken.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on should stop, in its own functions too"
)]

mod aftermath;
mod apart;
mod archive;
mod archive_refunds;
mod availability;
mod bank;
mod blocks;
mod cancellations;
mod cancellations_killed;
mod catalogue;
mod check_ins;
mod checkouts;
mod choosing;
mod comparing;
mod complimentary;
mod crashes;
mod credits;
mod deadlocks;
mod disputes;
mod forecast;
mod holds;
mod house;
mod interests;
mod lanes;
mod lanes_failing;
mod lanes_keys;
mod lanes_rush;
mod layouts;
mod letters;
mod limits;
mod listed_tickets;
mod live;
mod offers;
mod on_sale;
mod orders;
mod owners;
mod payments;
mod payments_late;
mod payouts;
mod payouts_failing;
mod plans;
mod process;
mod promotions;
mod provider;
mod publishing;
mod questions;
mod quotes;
mod refunds;
mod refunds_by_amount;
mod releases;
mod reschedule;
mod sale_rounds;
mod shuffled;
mod sold_out;
mod sweep;
mod ticket_tax;
mod tickets;
mod together;
mod together_sales;
mod verify;
mod waitlists;
mod ways;
mod wire;
