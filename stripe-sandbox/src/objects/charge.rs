//! The charge: one try to take the money of a payment intent.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::decline::Decline;
use crate::ids;
use crate::metadata::Metadata;
use crate::objects::payment_intent::PaymentIntent;
use crate::objects::payment_method::{BankAccount, Card, Details, PaymentMethod};
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
    /// What the bank has taken back by disputes that were not won.
    #[serde(default)]
    pub(crate) amount_disputed: i64,
    pub(crate) amount_refunded: i64,
    /// The buyer proved to the bank who they are.
    pub(crate) authenticated: bool,
    pub(crate) balance_transaction: Option<String>,
    /// When the money was taken, in milliseconds; the balance transaction follows some time later.
    pub(crate) captured_at_ms: Option<i64>,
    /// Until when (seconds) reserved money can be taken.
    pub(crate) capture_before: Option<i64>,
    pub(crate) created: i64,
    pub(crate) currency: String,
    pub(crate) customer: Option<String>,
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) disputes: Vec<String>,
    pub(crate) failure: Option<Decline>,
    #[serde(default)]
    pub(crate) fraud_warning: Option<String>,
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
    /// When the bank makes trouble, in milliseconds.
    #[serde(default)]
    pub(crate) trouble_at_ms: Option<i64>,
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
            id: ids::fresh(if matches!(method.details, Details::Card(_)) { "ch" } else { "py" }),
            amount: intent.amount,
            amount_captured: 0,
            amount_disputed: 0,
            amount_refunded: 0,
            authenticated: false,
            balance_transaction: None,
            captured_at_ms: None,
            capture_before: None,
            created: now,
            currency: intent.currency.clone(),
            customer: intent.customer.clone(),
            description: intent.description.clone(),
            disputes: Vec::new(),
            failure: None,
            fraud_warning: None,
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
            trouble_at_ms: None,
        }
    }

    /// What can still be refunded: what the bank took back by itself cannot.
    pub(crate) fn refundable(&self) -> i64 {
        self.amount_captured - self.amount_refunded - self.amount_disputed
    }

    /// Whether everything that was taken was given back.
    pub(crate) fn is_refunded(&self) -> bool {
        self.released || (self.amount_captured > 0 && self.amount_refunded == self.amount_captured)
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
            "customer": self.customer,
            "description": self.description,
            "disputed": !self.disputes.is_empty(),
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
            "payment_method_details": self.method_details(),
            "radar_options": {},
            "receipt_email": self.receipt_email,
            "receipt_number": null,
            "receipt_url": null,
            "refunded": self.is_refunded(),
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
            None if self.status == Status::Pending => {
                ("authorized", "approved_by_network", None, "The bank has not answered yet.")
            }
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

    fn method_details(&self) -> Value {
        let kind = self.payment_method.kind();
        let mut json = json!({"type": kind});
        json[kind] = match &self.payment_method.details {
            Details::Card(card) => self.card_details(card),
            Details::SepaDebit(account) => debit_details(account),
        };
        json
    }

    fn card_details(&self, card: &Card) -> Value {
        let mut json = json!({
            "amount_authorized": (self.status == Status::Succeeded).then_some(self.amount),
            "authorization_code": null,
            "brand": card.brand,
            "checks": Card::checks(),
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
            "three_d_secure": self.authenticated.then(|| json!({
                "authentication_flow": "challenge",
                "electronic_commerce_indicator": "05",
                "exemption_indicator": null,
                "result": "authenticated",
                "result_reason": null,
                "transaction_id": self.id.replace("ch_", "3ds_"),
                "version": "2.2.0",
            })),
            "transaction_link_id": null,
            "wallet": null,
        });
        // Stripe sends this field only where money is reserved.
        if let Some(time) = self.capture_before {
            json["capture_before"] = json!(time);
        }
        json
    }
}

fn debit_details(account: &BankAccount) -> Value {
    json!({
        "bank_code": account.bank_code,
        "branch_code": "",
        "country": account.country,
        "expected_debit_date": null,
        "fingerprint": account.fingerprint(),
        "last4": account.last4,
        "mandate": null,
    })
}
