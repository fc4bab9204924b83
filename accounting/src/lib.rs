//! Accounting: fee rules, the ledger, balances and the reports that are made from it.
//!
//! Three places: `rules/` is pure, the files beside this one are the use cases (one verb each, run inside the caller's
//! transaction, so that a sale and its journal are committed together or not at all), `store/` is the SQL.
//! It must never call a payment provider, know an order's state, or keep a name or an address.

mod balance;
mod post;
mod post_late_payment;
mod post_late_refund;
mod post_provider_fee;
mod post_refund;
mod post_refund_failed;
mod post_refund_paid;
mod post_sale;
mod rule_in_force;
mod rules;
mod sales_report;
mod set_fee_rule;
mod store;
mod verify;

pub use balance::{Balance, balance};
pub use post::{Posted, post};
pub use post_late_payment::post_late_payment;
pub use post_late_refund::post_late_refund;
pub use post_provider_fee::post_provider_fee;
pub use post_refund::post_refund;
pub use post_refund_failed::post_refund_failed;
pub use post_refund_paid::post_refund_paid;
pub use post_sale::post_sale;
pub use rule_in_force::rule_in_force;
pub use rules::{
    about::{About, AboutItem, SoldItem},
    account::Account,
    fees::{FeeRule, Payer, TicketFees},
    journal::{Journal, Line, NotAJournal},
    postings::{LatePayment, Refund, Sale},
    source::Source,
};
pub use sales_report::{
    ROWS_MAX, SalesFigures, SalesFilter, SalesGroup, SalesKey, SalesReport, SalesRow, SalesTotal, sales_report,
};
pub use set_fee_rule::set_fee_rule;
pub use verify::checks;
