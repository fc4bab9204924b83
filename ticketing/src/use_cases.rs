//! What can be done: one verb a file, one transaction each, committed by whoever opened it. A use case that calls the
//! provider opens its own, because none may be open during the call.

pub mod add_extra_date;
pub mod add_performance;
pub mod add_tickets;
pub mod answer_questions;
pub mod apply_callback;
pub mod archive_performance;
pub mod ask_payment;
pub mod cancel_order;
pub mod cancel_performance;
pub mod cancel_show;
mod carry_on;
pub mod carry_out_cancellation;
pub mod carry_out_rescheduling;
pub mod change_hold;
pub mod compare_balance;
mod copy_terms;
pub mod create_block;
pub mod create_layout;
pub mod create_order;
pub mod create_show;
pub mod decide_cancellation;
pub mod decide_rescheduling;
pub mod delete_performance;
pub mod delete_show;
pub mod delete_tickets;
pub mod end_checkouts;
pub mod exchange_ticket;
pub mod expire;
pub mod expire_credit;
mod follow_layout;
pub mod give_credit;
pub mod join_waitlist;
mod keep_apart;
mod keep_tasks;
pub mod leave_waitlist;
pub mod move_money;
pub mod move_tickets;
pub mod note_dispute;
pub mod note_fraud_warning;
pub mod onboard;
mod own_ticket;
pub mod pay_out;
pub mod pay_out_by_schedule;
pub mod pay_with_credit;
pub mod place_order;
pub mod price_list;
pub mod publish_layout;
pub mod quote;
pub mod reconcile;
pub mod refund;
pub mod refund_amount;
mod refund_parts;
pub mod register_interest;
pub mod reinstate_order;
pub mod release_block;
pub mod release_performance;
pub mod rename_ticket;
pub mod reprice;
pub mod reschedule;
pub mod retry_refund;
pub mod send_payout;
mod serve_waitlist;
pub mod set_buyer_limit;
pub mod set_payout_schedule;
pub mod set_pool;
pub mod set_promotion;
pub mod set_question;
pub mod set_sale_round;
pub mod set_seating;
pub mod set_waitlist;
pub mod settle;
pub mod start_payment;
pub mod submit_evidence;
mod tell_buyer;
mod tell_interested;
mod tell_on_sale;
mod tell_waiting;
pub mod transfer_ticket;
pub mod update_buyer;
pub mod update_layout;
pub mod update_offer;
pub mod update_performance;
pub mod update_show;
pub mod update_venue;
mod use_layout;
pub mod void_ticket;
pub(crate) mod waitlist_first;
pub mod withdraw_layout;

use foundation::{Code, Refusal};

/// The refusal of a change to a version that is not the newest.
pub(crate) fn stale() -> Refusal {
    Refusal::new(Code::IfMatchStale, "The object has changed since you read it; read it again and decide anew.")
}
