//! The dispute: a buyer's bank takes the money of a charge back, or asks about it first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::metadata::Metadata;
use crate::table::Row;

/// Where a dispute stands. The first three are those of an inquiry, which has not taken any money yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    WarningNeedsResponse,
    WarningUnderReview,
    WarningClosed,
    NeedsResponse,
    UnderReview,
    Won,
    Lost,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::WarningNeedsResponse => "warning_needs_response",
            Self::WarningUnderReview => "warning_under_review",
            Self::WarningClosed => "warning_closed",
            Self::NeedsResponse => "needs_response",
            Self::UnderReview => "under_review",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }

    /// Whether the bank only asks.
    pub(crate) fn is_inquiry(self) -> bool {
        matches!(self, Self::WarningNeedsResponse | Self::WarningUnderReview | Self::WarningClosed)
    }

    /// Whether the seller may still answer.
    pub(crate) fn needs_response(self) -> bool {
        matches!(self, Self::WarningNeedsResponse | Self::NeedsResponse)
    }

    /// Whether nothing will happen any more.
    pub(crate) fn is_closed(self) -> bool {
        matches!(self, Self::WarningClosed | Self::Won | Self::Lost)
    }
}

/// How the bank decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Won,
    Lost,
    /// The inquiry becomes a dispute that takes the money.
    Escalated,
}

impl Verdict {
    /// What Stripe's test mode reads out of the evidence's `uncategorized_text`.
    pub(crate) fn of_evidence(text: &str) -> Option<Self> {
        match text {
            "winning_evidence" => Some(Self::Won),
            "losing_evidence" => Some(Self::Lost),
            "escalate_inquiry_evidence" => Some(Self::Escalated),
            _ => None,
        }
    }
}

/// Why the buyer complains: Stripe's word for it and the card network's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    pub(crate) name: &'static str,
    network_code: &'static str,
}

const REASONS: &[Reason] = &[
    Reason::FRAUDULENT,
    Reason::NOT_RECEIVED,
    Reason::GENERAL,
    Reason { name: "product_unacceptable", network_code: "13.3" },
    Reason { name: "subscription_canceled", network_code: "13.2" },
    Reason { name: "credit_not_processed", network_code: "13.7" },
    Reason { name: "duplicate", network_code: "12.6" },
    Reason { name: "unrecognized", network_code: "10.4" },
];

impl Reason {
    pub(crate) const FRAUDULENT: Self = Self { name: "fraudulent", network_code: "10.4" };
    pub(crate) const NOT_RECEIVED: Self = Self { name: "product_not_received", network_code: "13.1" };
    pub(crate) const GENERAL: Self = Self { name: "general", network_code: "12.0" };

    pub(crate) fn parse(name: &str) -> Option<Self> {
        REASONS.iter().find(|reason| reason.name == name).copied()
    }
}

/// What the seller can tell the bank, field by field.
pub(crate) const EVIDENCE: &[&str] = &[
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
];

/// A dispute as kept. The amount is in the currency's smallest unit, times in seconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Dispute {
    pub(crate) id: String,
    pub(crate) amount: i64,
    /// What it did to the balance: the withdrawal, and the way back if it was won.
    pub(crate) balance_transactions: Vec<String>,
    /// The card's; no other means of payment has one.
    pub(crate) brand: Option<String>,
    pub(crate) charge: String,
    pub(crate) created: i64,
    pub(crate) currency: String,
    pub(crate) due_by: i64,
    pub(crate) evidence: BTreeMap<String, String>,
    pub(crate) metadata: Metadata,
    pub(crate) payment_intent: String,
    pub(crate) reason: String,
    pub(crate) status: Status,
    pub(crate) submissions: u32,
    /// How the bank will decide and when (milliseconds), once evidence was submitted that tells.
    pub(crate) verdict: Option<(i64, Verdict)>,
}

impl Row for Dispute {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
}

impl Dispute {
    /// `transactions` are its balance transactions; `refundable` tells whether refunding the charge would still help.
    pub(crate) fn to_json(&self, transactions: &[Value], refundable: bool, now: i64) -> Value {
        let mut evidence: Map<String, Value> =
            EVIDENCE.iter().map(|field| ((*field).to_owned(), json!(self.evidence.get(*field)))).collect();
        evidence.insert("enhanced_evidence".to_owned(), json!({}));
        let network_code = Reason::parse(&self.reason).map(|reason| reason.network_code);
        let details = self.brand.as_ref().map(|brand| {
            json!({
                "card": {
                    "brand": brand,
                    "case_type": if self.status.is_inquiry() { "inquiry" } else { "chargeback" },
                    "network": brand,
                    "network_reason_code": network_code,
                },
                "type": "card",
            })
        });
        json!({
            "id": self.id,
            "object": "dispute",
            "amount": self.amount,
            "balance_transactions": transactions,
            "charge": self.charge,
            "created": self.created,
            "currency": self.currency,
            "enhanced_eligibility_types": [],
            "evidence": evidence,
            "evidence_details": {
                "due_by": self.due_by,
                "enhanced_eligibility": {},
                "has_evidence": !self.evidence.is_empty(),
                "past_due": self.status.needs_response() && now > self.due_by,
                "submission_count": self.submissions,
            },
            "is_charge_refundable": refundable,
            "livemode": false,
            "metadata": self.metadata,
            "payment_intent": self.payment_intent,
            "payment_method_details": details,
            "reason": self.reason,
            "status": self.status.as_str(),
        })
    }
}
