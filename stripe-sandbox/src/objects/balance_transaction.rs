//! The balance transaction: what a charge or refund did to the account's balance, fee included.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::ids;
use crate::table::Row;

/// How long money stays pending after it was received.
const PENDING_SECONDS: i64 = 2 * 24 * 60 * 60;

/// What moved the balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Charge,
    Refund,
    RefundFailure,
    Dispute,
    DisputeReversal,
    Transfer,
    TransferReversal,
    /// A transfer, as the connected account has it.
    Payment,
    PaymentRefund,
    Payout,
    PayoutFailure,
    PayoutCancel,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Refund => "refund",
            Self::RefundFailure => "refund_failure",
            Self::Dispute | Self::DisputeReversal => "adjustment",
            Self::Transfer => "transfer",
            Self::TransferReversal => "transfer_refund",
            Self::Payment => "payment",
            Self::PaymentRefund => "payment_refund",
            Self::Payout => "payout",
            Self::PayoutFailure => "payout_failure",
            Self::PayoutCancel => "payout_cancel",
        }
    }

    /// Stripe's coarser word for reports.
    fn reporting_category(self) -> &'static str {
        match self {
            Self::Dispute => "dispute",
            Self::DisputeReversal => "dispute_reversal",
            Self::TransferReversal => "transfer_reversal",
            Self::Payment => "charge",
            Self::PaymentRefund => "refund",
            Self::PayoutFailure | Self::PayoutCancel => "payout_reversal",
            _ => self.as_str(),
        }
    }

    /// How long after the movement its money counts as available, in seconds.
    pub(crate) fn pending_seconds(self) -> i64 {
        match self {
            Self::Charge | Self::Refund | Self::RefundFailure => PENDING_SECONDS,
            _ => 0,
        }
    }
}

/// A balance transaction as kept. Amounts are in the currency's smallest unit; `amount` is negative when money leaves.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct BalanceTransaction {
    pub(crate) id: String,
    pub(crate) amount: i64,
    #[serde(default)]
    pub(crate) available_on: i64,
    pub(crate) fee: i64,
    pub(crate) currency: String,
    pub(crate) created: i64,
    pub(crate) description: Option<String>,
    pub(crate) kind: Kind,
    pub(crate) source: String,
}

impl Row for BalanceTransaction {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl BalanceTransaction {
    /// A movement caused by the object `source`, made at `now` (seconds), without a fee.
    pub(crate) fn new(kind: Kind, source: &str, amount: i64, currency: &str, now: i64) -> Self {
        Self {
            id: ids::fresh("txn"),
            amount,
            available_on: now + kind.pending_seconds(),
            fee: 0,
            currency: currency.to_owned(),
            created: now,
            description: None,
            kind,
            source: source.to_owned(),
        }
    }

    /// `now` (seconds) decides whether the money is available yet.
    pub(crate) fn to_json(&self, now: i64) -> Value {
        let fee_details = if self.fee == 0 {
            json!([])
        } else {
            json!([{
                "amount": self.fee,
                "application": null,
                "currency": self.currency,
                "description": if self.kind.as_str() == "adjustment" { "Dispute fee" } else { "Stripe processing fees" },
                "type": "stripe_fee",
            }])
        };
        json!({
            "id": self.id,
            "object": "balance_transaction",
            "amount": self.amount,
            "available_on": self.available_on,
            "balance_type": "payments",
            "created": self.created,
            "currency": self.currency,
            "description": self.description,
            "exchange_rate": null,
            "fee": self.fee,
            "fee_details": fee_details,
            "net": self.amount - self.fee,
            "reporting_category": self.kind.reporting_category(),
            "source": self.source,
            "status": if now >= self.available_on { "available" } else { "pending" },
            "type": self.kind.as_str(),
        })
    }
}
