//! What can be done with the books: one verb a file, each inside the caller's transaction.

pub(crate) mod balance;
pub(crate) mod books;
pub(crate) mod bought_nothing;
pub(crate) mod close_period;
pub(crate) mod fees_in_force;
pub(crate) mod fees_left;
pub(crate) mod list_fee_rules;
pub(crate) mod open_period;
pub(crate) mod order_money;
pub(crate) mod period;
pub(crate) mod post;
pub(crate) mod post_amount_refund;
pub(crate) mod post_credit;
pub(crate) mod post_exchange;
pub(crate) mod post_late_payment;
pub(crate) mod post_late_refund;
pub(crate) mod post_provider_fee;
pub(crate) mod post_refund;
pub(crate) mod post_refund_failed;
pub(crate) mod post_refund_paid;
pub(crate) mod post_sale;
pub(crate) mod read_settlements;
pub(crate) mod sales_report;
pub(crate) mod seal;
pub(crate) mod set_fee_rule;
pub(crate) mod settlement_schedule;
