//! The SQL of ticketing. Rows stay in here: what leaves are the types of [`crate::rules`].
//!
//! One order of locks everywhere: batch fence, idempotency keys sorted, shows, layouts, performances, reschedulings or cancellations, waitlists, promotions,
//! slots by (limit, subject, number), claims by (performance, ticket), orders, payments, credits, payout settings, payouts, accounts.

pub mod archive;
pub mod blocks;
pub mod callbacks;
pub mod cancellations;
pub mod capacity;
pub mod check_ins;
pub mod choices;
pub mod claims;
pub mod clearing;
pub mod credits;
pub mod disputes;
pub mod doors;
pub mod due;
pub mod due_money;
pub mod holds;
pub mod interests;
pub mod layouts;
pub mod letters;
pub mod limits;
pub mod listed_tickets;
pub mod lookers;
pub mod offers;
pub mod orders;
pub mod owners;
pub mod payments;
pub mod payout_settings;
pub mod payouts;
pub mod performances;
pub mod planned;
pub mod pools;
pub mod promotions;
pub mod provider_logs;
pub mod questions;
pub mod reached;
pub mod refunds;
pub mod reschedulings;
pub mod sale_rounds;
pub mod seating;
pub mod show_filter;
pub mod shows;
pub mod shows_of;
pub mod slots;
pub mod sold_out;
pub mod stock;
pub mod tasks;
pub mod terms;
pub mod tickets;
pub mod venues;
pub mod waitlist_entries;
pub mod waitlists;

/// A stored word that no rule could have written.
pub(crate) fn known<T>(what: &str, word: &str, parsed: Option<T>) -> foundation::Result<T> {
    parsed.ok_or_else(|| foundation::Error::Inconsistent(format!("{what} is `{word}` in the database")))
}
