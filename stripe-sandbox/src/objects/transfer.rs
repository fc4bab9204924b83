//! The transfer: money of the platform given to a connected account, and its reversals.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::metadata::Metadata;
use crate::table::Row;

/// A transfer as kept. The amount is in the currency's smallest unit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Transfer {
    pub(crate) id: String,
    pub(crate) amount: i64,
    pub(crate) amount_reversed: i64,
    pub(crate) balance_transaction: String,
    pub(crate) created: i64,
    pub(crate) currency: String,
    pub(crate) description: Option<String>,
    pub(crate) destination: String,
    pub(crate) destination_payment: String,
    pub(crate) metadata: Metadata,
    pub(crate) reversals: Vec<String>,
    pub(crate) source_transaction: Option<String>,
    pub(crate) transfer_group: Option<String>,
}

impl Row for Transfer {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl Transfer {
    /// `reversals` are the newest ten, newest first.
    pub(crate) fn to_json(&self, reversals: &[Value]) -> Value {
        json!({
            "id": self.id,
            "object": "transfer",
            "amount": self.amount,
            "amount_reversed": self.amount_reversed,
            "balance_transaction": self.balance_transaction,
            "created": self.created,
            "currency": self.currency,
            "description": self.description,
            "destination": self.destination,
            "destination_payment": self.destination_payment,
            "livemode": false,
            "metadata": self.metadata,
            "reversals": {
                "object": "list",
                "data": reversals,
                "has_more": self.reversals.len() > reversals.len(),
                "total_count": self.reversals.len(),
                "url": format!("/v1/transfers/{}/reversals", self.id),
            },
            "reversed": self.amount_reversed == self.amount,
            "source_transaction": self.source_transaction,
            "source_type": "card",
            "transfer_group": self.transfer_group,
        })
    }
}

/// A reversal as kept: money of a transfer taken back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Reversal {
    pub(crate) id: String,
    pub(crate) amount: i64,
    pub(crate) balance_transaction: String,
    pub(crate) created: i64,
    pub(crate) currency: String,
    pub(crate) destination_payment_refund: String,
    pub(crate) metadata: Metadata,
    pub(crate) transfer: String,
}

impl Row for Reversal {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl Reversal {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "transfer_reversal",
            "amount": self.amount,
            "balance_transaction": self.balance_transaction,
            "created": self.created,
            "currency": self.currency,
            "destination_payment_refund": self.destination_payment_refund,
            "metadata": self.metadata,
            "source_refund": null,
            "transfer": self.transfer,
        })
    }
}
