//! The payout: money of a balance on its way to a bank account.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::metadata::Metadata;
use crate::objects::bank_account::PayoutFailure;
use crate::table::Row;

/// Where a payout stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Pending,
    InTransit,
    Paid,
    Failed,
    Canceled,
}

impl Status {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::InTransit, Self::Paid, Self::Failed, Self::Canceled]
            .into_iter()
            .find(|status| status.as_str() == text)
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InTransit => "in_transit",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }
}

/// A payout as kept. The amount is in the currency's smallest unit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Payout {
    pub(crate) id: String,
    pub(crate) amount: i64,
    pub(crate) arrival_date: i64,
    pub(crate) balance_transaction: String,
    /// When its status changes by itself, in milliseconds.
    pub(crate) changes_at_ms: Option<i64>,
    pub(crate) created: i64,
    pub(crate) currency: String,
    pub(crate) description: Option<String>,
    pub(crate) destination: String,
    pub(crate) failure: Option<PayoutFailure>,
    pub(crate) failure_balance_transaction: Option<String>,
    pub(crate) instant: bool,
    pub(crate) metadata: Metadata,
    pub(crate) statement_descriptor: Option<String>,
    pub(crate) status: Status,
}

impl Row for Payout {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl Payout {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "payout",
            "amount": self.amount,
            "application_fee": null,
            "application_fee_amount": null,
            "arrival_date": self.arrival_date,
            "automatic": false,
            "balance_transaction": self.balance_transaction,
            "created": self.created,
            "currency": self.currency,
            "description": self.description,
            "destination": self.destination,
            "failure_balance_transaction": self.failure_balance_transaction,
            "failure_code": self.failure.map(PayoutFailure::code),
            "failure_message": self.failure.map(PayoutFailure::message),
            "livemode": false,
            "metadata": self.metadata,
            "method": if self.instant { "instant" } else { "standard" },
            "original_payout": null,
            "payout_method": null,
            "reconciliation_status": "not_applicable",
            "reversed_by": null,
            "source_type": "card",
            "statement_descriptor": self.statement_descriptor,
            "status": self.status.as_str(),
            "trace_id": {"status": if self.status == Status::Paid { "unsupported" } else { "pending" }, "value": null},
            "type": "bank_account",
        })
    }
}
