//! The provider's callbacks: their signature, and the little of them that we read. The raw payload is kept; a field that is
//! not understood never loses an event.

use foundation::id::{PaymentId, PayoutId, RefundId, ResellerId};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use crate::rules::payment::DisputeState;

/// The names under which our ids travel with the provider's objects.
pub(super) const META_RESELLER: &str = "stagedoor_reseller";
pub(super) const META_ORDER: &str = "stagedoor_order";
pub(super) const META_PAYMENT: &str = "stagedoor_payment";
pub(super) const META_REFUND: &str = "stagedoor_refund";
pub(super) const META_PAYOUT: &str = "stagedoor_payout";

/// How old a signature may be, in seconds (Stripe's own libraries: 300).
const TOLERANCE_SECONDS: i64 = 300;

/// Why a body is no callback of the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotACallback {
    /// The header is missing or not of the form `t=…,v1=…`.
    #[error("the Stripe-Signature header cannot be read")]
    Header,
    /// No signature fits the body.
    #[error("no signature fits the body")]
    Signature,
    /// It was signed too long ago, or ahead of time.
    #[error("the signature's time is more than five minutes away")]
    Time,
    /// The body is no event.
    #[error("the body is not an event")]
    Body,
}

/// What a callback says. Only what is final is taken from the callback itself: of the rest, which may come late and in any
/// order, it says no more than that the provider is to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The money is there.
    Succeeded {
        /// The charge.
        charge: Option<String>,
        /// What was received, in the provider's smallest unit.
        received: i64,
    },
    /// The payment was made there; what was called off here meanwhile is to be cancelled there.
    Created,
    /// The payment can no longer be paid.
    Cancelled,
    /// Something happened to the payment.
    Moved,
    /// The charge of a payment and, once known, its balance transaction.
    Charge(Option<String>),
    /// How a refund stands.
    Refund(RefundWord),
    /// How a dispute stands.
    Dispute(DisputeWord),
    /// A fraud warning.
    FraudWarning(FraudWord),
    /// How a payout to a reseller's bank stands.
    Bank(BankWord),
    /// Anything else.
    Other,
}

/// A refund as the provider tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundWord {
    /// `pending`, `requires_action`, `succeeded`, `failed`, `canceled`.
    pub status: String,
    /// How much, in its smallest unit.
    pub amount: i64,
    /// Why it failed.
    pub failure_reason: Option<String>,
}

/// A dispute as the provider tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputeWord {
    /// Where it stands.
    pub state: DisputeState,
    /// How much, in its smallest unit.
    pub amount: i64,
    /// The bank's reason.
    pub reason: String,
    /// Until when evidence is taken, in seconds since 1970.
    pub evidence_due_by: Option<i64>,
    /// The money that has moved, all that has so far.
    pub transactions: Vec<DisputeTransaction>,
}

/// Money that moved in a dispute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputeTransaction {
    /// The provider's name for it.
    pub name: String,
    /// How much, in its smallest unit; below zero where it was taken.
    pub amount: i64,
    /// What the provider takes for it; below zero where it gives that back.
    pub fee: i64,
    /// The currency in which the provider keeps it.
    pub currency: String,
    /// When, in seconds since 1970.
    pub created: i64,
}

/// A fraud warning as the provider tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FraudWord {
    /// The issuer's kind of fraud.
    pub fraud_type: String,
    /// Whether a refund now would still avert a dispute.
    pub actionable: bool,
}

/// A payout to a bank as the provider tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankWord {
    /// `pending`, `in_transit`, `paid`, `failed`, `canceled`.
    pub status: String,
    /// Why it failed.
    pub failure_code: Option<String>,
}

/// A callback as far as we read it.
#[derive(Debug, Clone)]
pub struct Callback {
    /// The provider's id of the event.
    pub event: String,
    /// Its type there.
    pub kind_text: String,
    /// When it happened there, in seconds since 1970.
    pub created: i64,
    /// What it says.
    pub kind: Kind,
    /// The tenant that the object's metadata names.
    pub reseller: Option<ResellerId>,
    /// The payment that the object's metadata names.
    pub payment: Option<PaymentId>,
    /// The refund that the object's metadata names.
    pub refund: Option<RefundId>,
    /// The payout that the object's metadata names.
    pub payout: Option<PayoutId>,
    /// The provider's id of the object.
    pub object: String,
    /// The provider's payment that the object is or belongs to.
    pub intent: Option<String>,
    /// The whole event.
    pub payload: Value,
}

/// Checks the signature and reads the event. `now` is in seconds since 1970.
///
/// # Errors
/// Why it is not one.
pub(super) fn verify(body: &[u8], header: &str, secret: &str, now: i64) -> Result<Callback, NotACallback> {
    let parts = || header.split(',').filter_map(|part| part.trim().split_once('='));
    let time = parts().find(|(name, _)| *name == "t").ok_or(NotACallback::Header)?.1;
    let seconds: i64 = time.parse().map_err(|_| NotACallback::Header)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|_| NotACallback::Signature)?;
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    let fits = |given: &str| hex::decode(given).is_ok_and(|given| mac.clone().verify_slice(&given).is_ok());
    if !parts().any(|(name, given)| name == "v1" && fits(given)) {
        return Err(NotACallback::Signature);
    }
    if (now - seconds).abs() > TOLERANCE_SECONDS {
        return Err(NotACallback::Time);
    }
    Callback::read(serde_json::from_slice(body).map_err(|_| NotACallback::Body)?).ok_or(NotACallback::Body)
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

/// An object's id, whether it was expanded or not.
fn id_of(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned).or_else(|| text(value, "/id"))
}

fn number(value: &Value, pointer: &str) -> i64 {
    value.pointer(pointer).and_then(Value::as_i64).unwrap_or(0)
}

impl Callback {
    /// Reads an event of the provider; none if it is none.
    pub(super) fn read(payload: Value) -> Option<Self> {
        let object = payload.pointer("/data/object")?;
        let kind_text = text(&payload, "/type")?;
        let meta = |name: &str| object.get("metadata").and_then(|m| m.get(name)).and_then(Value::as_str);
        let itself = kind_text.starts_with("payment_intent.").then(|| text(object, "/id")).flatten();
        Some(Self {
            event: text(&payload, "/id")?,
            created: number(&payload, "/created"),
            kind: Kind::read(&kind_text, object),
            reseller: meta(META_RESELLER).and_then(|id| id.parse().ok()),
            payment: meta(META_PAYMENT).and_then(|id| id.parse().ok()),
            refund: meta(META_REFUND).and_then(|id| id.parse().ok()),
            payout: meta(META_PAYOUT).and_then(|id| id.parse().ok()),
            object: text(object, "/id")?,
            intent: itself.or_else(|| object.get("payment_intent").and_then(id_of)),
            kind_text,
            payload,
        })
    }
}

impl Kind {
    fn read(kind: &str, object: &Value) -> Self {
        match kind {
            "payment_intent.succeeded" => Self::Succeeded {
                charge: object.get("latest_charge").and_then(id_of),
                received: number(object, "/amount_received"),
            },
            "payment_intent.created" => Self::Created,
            "payment_intent.canceled" => Self::Cancelled,
            "payment_intent.processing"
            | "payment_intent.requires_action"
            | "payment_intent.payment_failed"
            | "checkout.session.completed"
            | "checkout.session.expired"
            | "checkout.session.async_payment_succeeded"
            | "checkout.session.async_payment_failed" => Self::Moved,
            "charge.succeeded" | "charge.updated" => Self::Charge(object.get("balance_transaction").and_then(id_of)),
            "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
                Self::Refund(RefundWord {
                    status: text(object, "/status").unwrap_or_default(),
                    amount: number(object, "/amount"),
                    failure_reason: text(object, "/failure_reason"),
                })
            }
            // The platform's own payouts name none of ours.
            "payout.paid" | "payout.failed" | "payout.canceled" if names_payout(object) => {
                Self::Bank(bank_word(object))
            }
            _ if kind.starts_with("charge.dispute.") => dispute_word(object).map_or(Self::Other, Self::Dispute),
            "radar.early_fraud_warning.created" | "radar.early_fraud_warning.updated" => {
                Self::FraudWarning(FraudWord {
                    fraud_type: text(object, "/fraud_type").unwrap_or_default(),
                    actionable: object.get("actionable").and_then(Value::as_bool).unwrap_or(false),
                })
            }
            _ => Self::Other,
        }
    }
}

fn names_payout(object: &Value) -> bool {
    object.get("metadata").is_some_and(|metadata| metadata.get(META_PAYOUT).is_some())
}

/// Reads a payout of the provider's.
pub(super) fn bank_word(payout: &Value) -> BankWord {
    BankWord { status: text(payout, "/status").unwrap_or_default(), failure_code: text(payout, "/failure_code") }
}

/// Reads a dispute of the provider's; none if it stands in a way that we do not know.
pub(super) fn dispute_word(dispute: &Value) -> Option<DisputeWord> {
    Some(DisputeWord {
        state: dispute_state(&text(dispute, "/status")?)?,
        amount: number(dispute, "/amount"),
        reason: text(dispute, "/reason").unwrap_or_default(),
        evidence_due_by: dispute.pointer("/evidence_details/due_by").and_then(Value::as_i64),
        transactions: dispute_transactions(dispute),
    })
}

fn dispute_transactions(dispute: &Value) -> Vec<DisputeTransaction> {
    let list = dispute.get("balance_transactions").and_then(Value::as_array);
    let read = |moved: &Value| {
        Some(DisputeTransaction {
            name: text(moved, "/id")?,
            amount: number(moved, "/amount"),
            fee: number(moved, "/fee"),
            currency: text(moved, "/currency")?.to_uppercase(),
            created: number(moved, "/created"),
        })
    };
    list.into_iter().flatten().filter_map(read).collect()
}

/// Stripe's status of a dispute in our words. An inquiry has states of its own there.
fn dispute_state(status: &str) -> Option<DisputeState> {
    Some(match status {
        "warning_needs_response" => DisputeState::Inquiry,
        "needs_response" => DisputeState::NeedsResponse,
        "warning_under_review" | "under_review" => DisputeState::UnderReview,
        "warning_closed" => DisputeState::Closed,
        "won" | "prevented" => DisputeState::Won,
        "lost" => DisputeState::Lost,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"id":"evt_1","type":"payment_intent.canceled","data":{"object":{"id":"pi_1"}}}"#;

    fn signed(secret: &str, time: i64, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{time}.").as_bytes());
        mac.update(body);
        format!("t={time},v1={}", hex::encode(mac.finalize().into_bytes()))
    }

    #[test]
    fn a_callback_is_taken_with_a_fresh_signature_of_these_very_bytes_only() {
        let header = signed("whsec_a", 1_000, BODY);
        assert_eq!(verify(BODY, &header, "whsec_a", 1_300).unwrap().kind, Kind::Cancelled);
        assert_eq!(verify(BODY, &header, "whsec_a", 1_301).unwrap_err(), NotACallback::Time);
        assert_eq!(verify(BODY, &header, "whsec_b", 1_000).unwrap_err(), NotACallback::Signature);
        assert_eq!(verify(&BODY[1..], &header, "whsec_a", 1_000).unwrap_err(), NotACallback::Signature);
        assert_eq!(verify(BODY, "v1=00", "whsec_a", 1_000).unwrap_err(), NotACallback::Header);
        let two = format!("{header},v1=00");
        assert!(verify(BODY, &two, "whsec_a", 1_000).is_ok(), "during a change of secrets there are two");
    }
}
