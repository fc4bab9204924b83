//! The refund: money of a charge given back.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::metadata::Metadata;
use crate::table::Row;

/// Where a refund stands.
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

/// Why the seller gives it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    Duplicate,
    Fraudulent,
    RequestedByCustomer,
}

impl Reason {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "duplicate" => Some(Self::Duplicate),
            "fraudulent" => Some(Self::Fraudulent),
            "requested_by_customer" => Some(Self::RequestedByCustomer),
            _ => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::Fraudulent => "fraudulent",
            Self::RequestedByCustomer => "requested_by_customer",
        }
    }
}

/// A refund as kept. The amount is in the currency's smallest unit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) amount: i64,
    pub(crate) balance_transaction: Option<String>,
    pub(crate) charge: String,
    pub(crate) created: i64,
    /// When the status changes by itself, in milliseconds.
    pub(crate) changes_at_ms: Option<i64>,
    pub(crate) currency: String,
    pub(crate) failure_balance_transaction: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) payment_intent: String,
    pub(crate) payment_method: String,
    pub(crate) reason: Option<Reason>,
    pub(crate) status: Status,
}

impl Row for Refund {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl Refund {
    pub(crate) fn to_json(&self) -> Value {
        let mut json = json!({
            "id": self.id,
            "object": "refund",
            "amount": self.amount,
            "balance_transaction": self.balance_transaction,
            "charge": self.charge,
            "created": self.created,
            "currency": self.currency,
            "customer": null,
            "customer_account": null,
            "destination_details": if self.charge.starts_with("py_") {
                json!({"type": "sepa_debit"})
            } else {
                json!({
                    "card": {
                        "reference_status": "pending",
                        "reference_type": "acquirer_reference_number",
                        "type": "refund",
                    },
                    "type": "card",
                })
            },
            "metadata": self.metadata,
            "payment_intent": self.payment_intent,
            "payment_method": self.payment_method,
            "reason": self.reason.map(Reason::as_str),
            "receipt_number": null,
            "source_transfer_reversal": null,
            "status": self.status.as_str(),
            "transfer_reversal": null,
        });
        // Stripe sends these fields only when they say something.
        match self.status {
            Status::Succeeded => {}
            Status::Pending => json["pending_reason"] = json!("processing"),
            Status::Failed => {
                json["failure_reason"] = json!("lost_or_stolen_card");
                json["failure_balance_transaction"] = json!(self.failure_balance_transaction);
            }
        }
        json
    }
}
