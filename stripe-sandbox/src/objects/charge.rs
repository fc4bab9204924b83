//! The charge: one try to take the money of a payment intent.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cards::Decline;
use crate::ids;
use crate::metadata::Metadata;
use crate::objects::payment_intent::PaymentIntent;
use crate::objects::payment_method::PaymentMethod;
use crate::table::Row;

/// How the try ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Pending,
    Succeeded,
    Failed,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

/// A charge as kept. Amounts are in the currency's smallest unit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Charge {
    pub(crate) id: String,
    pub(crate) amount: i64,
    pub(crate) amount_captured: i64,
    pub(crate) amount_refunded: i64,
    pub(crate) balance_transaction: Option<String>,
    /// When the money was taken, in milliseconds; the balance transaction follows some time later.
    pub(crate) captured_at_ms: Option<i64>,
    pub(crate) created: i64,
    pub(crate) currency: String,
    pub(crate) description: Option<String>,
    pub(crate) failure: Option<Decline>,
    pub(crate) metadata: Metadata,
    pub(crate) payment_intent: String,
    pub(crate) payment_method: PaymentMethod,
    pub(crate) receipt_email: Option<String>,
    pub(crate) refunds: Vec<String>,
    /// The authorisation was given back before any money was taken.
    pub(crate) released: bool,
    pub(crate) shipping: Option<Value>,
    pub(crate) statement_descriptor: Option<String>,
    pub(crate) statement_descriptor_suffix: Option<String>,
    pub(crate) status: Status,
    pub(crate) transfer_group: Option<String>,
}

impl Row for Charge {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl Charge {
    /// A try for the whole amount of `intent`, made at `now` (seconds). The intent's metadata is copied, as it is now.
    pub(crate) fn new(intent: &PaymentIntent, method: PaymentMethod, status: Status, now: i64) -> Self {
        Self {
            id: ids::fresh("ch"),
            amount: intent.amount,
            amount_captured: 0,
            amount_refunded: 0,
            balance_transaction: None,
            captured_at_ms: None,
            created: now,
            currency: intent.currency.clone(),
            description: intent.description.clone(),
            failure: None,
            metadata: intent.metadata.clone(),
            payment_intent: intent.id.clone(),
            payment_method: method,
            receipt_email: intent.receipt_email.clone(),
            refunds: Vec::new(),
            released: false,
            shipping: intent.shipping.clone(),
            statement_descriptor: intent.statement_descriptor.clone(),
            statement_descriptor_suffix: intent.statement_descriptor_suffix.clone(),
            status,
            transfer_group: intent.transfer_group.clone(),
        }
    }

    /// What can still be refunded.
    pub(crate) fn refundable(&self) -> i64 {
        self.amount_captured - self.amount_refunded
    }

    /// `refunds` are the newest ten, newest first.
    pub(crate) fn to_json(&self, refunds: &[Value]) -> Value {
        json!({
            "id": self.id,
            "object": "charge",
            "amount": self.amount,
            "amount_captured": self.amount_captured,
            "amount_refunded": self.amount_refunded,
            "application": null,
            "application_fee": null,
            "application_fee_amount": null,
            "balance_transaction": self.balance_transaction,
            "billing_details": self.payment_method.billing.to_json(),
            "calculated_statement_descriptor": self.statement_descriptor.as_deref().unwrap_or("STRIPE SANDBOX"),
            "captured": self.amount_captured > 0,
            "created": self.created,
            "currency": self.currency,
            "customer": null,
            "description": self.description,
            "disputed": false,
            "failure_balance_transaction": null,
            "failure_code": self.failure.map(Decline::code),
            "failure_message": self.failure.map(Decline::message),
            "fraud_details": {},
            "livemode": false,
            "metadata": self.metadata,
            "on_behalf_of": null,
            "outcome": self.outcome(),
            "paid": self.status == Status::Succeeded,
            "payment_intent": self.payment_intent,
            "payment_method": self.payment_method.id,
            "payment_method_details": {"card": self.card_details(), "type": "card"},
            "radar_options": {},
            "receipt_email": self.receipt_email,
            "receipt_number": null,
            "receipt_url": null,
            "refunded": self.released || (self.amount_captured > 0 && self.refundable() == 0),
            "refunds": {
                "object": "list",
                "data": refunds,
                "has_more": self.refunds.len() > refunds.len(),
                "url": format!("/v1/charges/{}/refunds", self.id),
            },
            "review": null,
            "shipping": self.shipping,
            "source": null,
            "source_transfer": null,
            "statement_descriptor": self.statement_descriptor,
            "statement_descriptor_suffix": self.statement_descriptor_suffix,
            "status": self.status.as_str(),
            "transfer_data": null,
            "transfer_group": self.transfer_group,
        })
    }

    fn outcome(&self) -> Value {
        let (kind, network_status, reason, message) = match self.failure {
            None => ("authorized", "approved_by_network", None, "Payment complete."),
            Some(Decline::Fraudulent) => {
                ("blocked", "not_sent_to_network", Some("highest_risk_level"), "The payment was blocked as high risk.")
            }
            Some(decline) => (
                "issuer_declined",
                "declined_by_network",
                Some(decline.decline_code().unwrap_or(decline.code())),
                "The bank did not approve the payment.",
            ),
        };
        json!({
            "advice_code": null,
            "network_advice_code": null,
            "network_decline_code": null,
            "network_status": network_status,
            "reason": reason,
            "risk_level": if kind == "blocked" { "highest" } else { "normal" },
            "seller_message": message,
            "type": kind,
        })
    }

    fn card_details(&self) -> Value {
        let card = &self.payment_method;
        json!({
            "amount_authorized": (self.status == Status::Succeeded).then_some(self.amount),
            "authorization_code": null,
            "brand": card.brand,
            "checks": card.checks(),
            "country": card.country,
            "exp_month": card.exp_month,
            "exp_year": card.exp_year,
            "extended_authorization": {"status": "disabled"},
            "fingerprint": card.fingerprint(),
            "funding": card.funding,
            "incremental_authorization": {"status": "unavailable"},
            "installments": null,
            "last4": card.last4,
            "mandate": null,
            "multicapture": {"status": "unavailable"},
            "network": card.brand,
            "network_token": {"used": false},
            "network_transaction_id": null,
            "overcapture": {"maximum_amount_capturable": self.amount, "status": "unavailable"},
            "regulated_status": "unregulated",
            "three_d_secure": null,
            "transaction_link_id": null,
            "wallet": null,
        })
    }
}
