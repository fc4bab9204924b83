//! The early fraud warning: the card's bank believes that a payment is fraud, and nobody has disputed it yet.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::table::Row;

/// A warning as kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct EarlyFraudWarning {
    pub(crate) id: String,
    /// Whether a refund can still prevent a dispute.
    pub(crate) actionable: bool,
    pub(crate) charge: String,
    pub(crate) created: i64,
    pub(crate) fraud_type: String,
    pub(crate) payment_intent: String,
}

impl Row for EarlyFraudWarning {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl EarlyFraudWarning {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "object": "radar.early_fraud_warning",
            "actionable": self.actionable,
            "charge": self.charge,
            "created": self.created,
            "fraud_type": self.fraud_type,
            "livemode": false,
            "payment_intent": self.payment_intent,
        })
    }
}
