//! `POST /_sandbox/trigger`: what others do, at once: the buyer's bank, and the people at the provider's dashboard.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;

use crate::book::{Book, Context};
use crate::control::{account_of, unreadable};
use crate::disputes::Complaint;
use crate::error::Error;
use crate::funds::CreatePayout;
use crate::objects::bank_account::PayoutFailure;
use crate::objects::dispute::{Reason, Verdict};
use crate::objects::payout::Status;
use crate::payments::refund::Wanted;
use crate::server::Sandbox;

/// Who did what. A charge is named by its id or by its payment intent's.
#[derive(Debug, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Trigger {
    /// The buyer's bank disputes a charge, or asks about it.
    Dispute {
        charge: String,
        #[serde(default = "fraudulent")]
        reason: String,
        amount: Option<i64>,
        #[serde(default)]
        inquiry: bool,
    },
    /// The bank decides for the seller.
    DisputeWon { dispute: String },
    /// The bank decides for the buyer.
    DisputeLost { dispute: String },
    /// The bank makes a dispute of its inquiry.
    InquiryEscalated { dispute: String },
    /// The bank warns of fraud.
    FraudWarning { charge: String },
    /// Somebody refunds on the provider's dashboard.
    Refund { charge: String, amount: Option<i64> },
    /// The bank sends a refund back.
    RefundFails { refund: String },
    /// Somebody pays out on the provider's dashboard; `account` is the connected account whose it is, if it is one's.
    Payout { amount: i64, currency: String, account: Option<String> },
    /// A payout has reached its bank.
    PayoutPaid { payout: String, account: Option<String> },
    /// The bank sends a payout back.
    PayoutFailed { payout: String, account: Option<String> },
}

fn fraudulent() -> String {
    Reason::FRAUDULENT.name.to_owned()
}

/// Answers with the object that came of it.
pub(crate) async fn trigger(
    State(sandbox): State<Arc<Sandbox>>,
    headers: HeaderMap,
    body: Result<Json<Trigger>, JsonRejection>,
) -> Result<Json<Value>, Error> {
    let account = account_of(&sandbox, &headers)?;
    let Json(trigger) = body.map_err(|rejection| unreadable(&rejection))?;
    // No request of the platform's caused it, so the events name none.
    account.transact(None, |book, context| trigger.pull(book, context)).await.map(Json)
}

impl Trigger {
    fn pull(self, book: &mut Book, context: &Context) -> Result<Value, Error> {
        match self {
            Self::Dispute { charge, reason, amount, inquiry } => {
                let known = Reason::parse(&reason);
                let message = format!("Invalid reason: {reason}");
                let reason = known.ok_or_else(|| Error::parameter("parameter_invalid", &message, "reason"))?;
                let charge = charge_of(book, charge)?;
                book.open_dispute(context, &charge, Complaint { reason, amount, inquiry })
            }
            Self::DisputeWon { dispute } => decide(book, context, &dispute, Verdict::Won),
            Self::DisputeLost { dispute } => decide(book, context, &dispute, Verdict::Lost),
            Self::InquiryEscalated { dispute } => decide(book, context, &dispute, Verdict::Escalated),
            Self::FraudWarning { charge } => {
                let charge = charge_of(book, charge)?;
                book.warn_of_fraud(context, &charge)
            }
            Self::Refund { charge, amount } => {
                let charge = charge_of(book, charge)?;
                book.refund(context, &Wanted::of_charge(charge, amount))
            }
            Self::RefundFails { refund } => book.fail_refund(context, &refund),
            Self::Payout { amount, currency, account } => {
                scoped(book, account, |book| book.create_payout(context, CreatePayout::of(amount, currency)))
            }
            Self::PayoutPaid { payout, account } => {
                scoped(book, account, |book| end_payout(book, context, &payout, None))
            }
            Self::PayoutFailed { payout, account } => {
                let failure = Some(PayoutFailure::CouldNotProcess);
                scoped(book, account, |book| end_payout(book, context, &payout, failure))
            }
        }
    }
}

fn decide(book: &mut Book, context: &Context, id: &str, verdict: Verdict) -> Result<Value, Error> {
    let dispute = book.dispute(id)?.clone();
    let status = dispute.status;
    if status.is_closed() || (verdict == Verdict::Escalated && !status.is_inquiry()) {
        return Err(Error::refused(&format!("The dispute's status is {}.", status.as_str())));
    }
    Ok(book.decide(context, dispute, verdict))
}

/// Does it in the book of the connected account, if one is named.
fn scoped(
    book: &mut Book,
    account: Option<String>,
    operation: impl FnOnce(&mut Book) -> Result<Value, Error>,
) -> Result<Value, Error> {
    let Some(account) = account else {
        return operation(book);
    };
    book.connected_account(&account, "account")?;
    book.within(&account, operation)
}

fn end_payout(book: &mut Book, context: &Context, id: &str, failure: Option<PayoutFailure>) -> Result<Value, Error> {
    let payout = book.payout(id)?.clone();
    // A bank can send back what has arrived already.
    let possible = match payout.status {
        Status::Pending | Status::InTransit => true,
        Status::Paid => failure.is_some(),
        Status::Failed | Status::Canceled => false,
    };
    if !possible {
        return Err(Error::refused(&format!("The payout's status is {}.", payout.status.as_str())));
    }
    Ok(book.end_payout(context, payout, failure))
}

/// The charge that is meant: the last one, where a payment intent is named.
fn charge_of(book: &Book, named: String) -> Result<String, Error> {
    if !named.starts_with("pi_") {
        return Ok(named);
    }
    book.intent(&named)?.charges.pop().ok_or_else(|| Error::refused("This payment intent has no charge."))
}
