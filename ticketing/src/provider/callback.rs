//! The provider's callbacks: their signature, and the little of them that we read. The raw payload is kept; a field that is
//! not understood never loses an event.

use foundation::id::{PaymentId, RefundId, ResellerId};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use super::{META_PAYMENT, META_REFUND, META_RESELLER};

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

/// What a callback is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallbackKind {
    /// `payment_intent.succeeded`.
    Succeeded,
    /// `payment_intent.processing`.
    Processing,
    /// `payment_intent.payment_failed`: code and words.
    Declined(String, String),
    /// `payment_intent.canceled`.
    Cancelled,
    /// `charge.updated` and its like: the charge and, once known, its balance transaction.
    Charge(Option<String>),
    /// `refund.*` or `charge.refund.updated`: the refund's status.
    Refund(String),
    /// Anything else.
    Other,
}

/// A callback as far as we read it.
#[derive(Debug, Clone)]
pub struct Callback {
    /// The provider's id of the event.
    pub event: String,
    /// Its type there.
    pub kind_text: String,
    /// What it is about.
    pub kind: CallbackKind,
    /// The tenant that the object's metadata names.
    pub reseller: Option<ResellerId>,
    /// The payment that the object's metadata names.
    pub payment: Option<PaymentId>,
    /// The refund that the object's metadata names.
    pub refund: Option<RefundId>,
    /// The provider's id of the object.
    pub object: String,
    /// What was received, in the provider's smallest unit (intents).
    pub amount_received: i64,
    /// The charge of an intent.
    pub charge: Option<String>,
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
    read(serde_json::from_slice(body).map_err(|_| NotACallback::Body)?).ok_or(NotACallback::Body)
}

fn read(payload: Value) -> Option<Callback> {
    let object = payload.pointer("/data/object")?;
    let text = |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let id_of = |value: &Value| value.as_str().map(str::to_owned).or_else(|| text(value, "/id"));
    let kind_text = text(&payload, "/type")?;
    let kind = match kind_text.as_str() {
        "payment_intent.succeeded" => CallbackKind::Succeeded,
        "payment_intent.processing" => CallbackKind::Processing,
        "payment_intent.canceled" => CallbackKind::Cancelled,
        "payment_intent.payment_failed" => {
            let error = object.get("last_payment_error");
            let field = |name| error.and_then(|e| text(e, name));
            let code = field("/decline_code").or_else(|| field("/code")).unwrap_or_else(|| "declined".to_owned());
            CallbackKind::Declined(code, field("/message").unwrap_or_else(|| "The payment was declined.".to_owned()))
        }
        "charge.succeeded" | "charge.updated" => {
            CallbackKind::Charge(object.get("balance_transaction").and_then(id_of))
        }
        "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
            CallbackKind::Refund(text(object, "/status").unwrap_or_default())
        }
        _ => CallbackKind::Other,
    };
    let meta = |name: &str| object.get("metadata").and_then(|m| m.get(name)).and_then(Value::as_str);
    Some(Callback {
        event: text(&payload, "/id")?,
        kind_text,
        kind,
        reseller: meta(META_RESELLER).and_then(|id| id.parse().ok()),
        payment: meta(META_PAYMENT).and_then(|id| id.parse().ok()),
        refund: meta(META_REFUND).and_then(|id| id.parse().ok()),
        object: text(object, "/id")?,
        amount_received: object.get("amount_received").and_then(Value::as_i64).unwrap_or(0),
        charge: object.get("latest_charge").and_then(id_of),
        payload,
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
        assert_eq!(verify(BODY, &header, "whsec_a", 1_300).unwrap().kind, CallbackKind::Cancelled);
        assert_eq!(verify(BODY, &header, "whsec_a", 1_301).unwrap_err(), NotACallback::Time);
        assert_eq!(verify(BODY, &header, "whsec_b", 1_000).unwrap_err(), NotACallback::Signature);
        assert_eq!(verify(&BODY[1..], &header, "whsec_a", 1_000).unwrap_err(), NotACallback::Signature);
        assert_eq!(verify(BODY, "v1=00", "whsec_a", 1_000).unwrap_err(), NotACallback::Header);
        let two = format!("{header},v1=00");
        assert!(verify(BODY, &two, "whsec_a", 1_000).is_ok(), "during a change of secrets there are two");
    }
}
