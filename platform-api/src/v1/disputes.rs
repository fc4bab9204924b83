//! `/v1/disputes`

pub(crate) mod evidence;
pub(crate) mod get;
pub(crate) mod list;

use foundation::{
    Instant, Money,
    id::{DisputeId, FraudWarningId, OrderId, PaymentId},
};
use serde::Serialize;
use ticketing::rules::payment::{Dispute, DisputeState, FraudWarning};
use utoipa::ToSchema;

/// A payment that the buyer's bank wants back. The order's tickets are suspended while it is open, and when it is lost.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Dispute)]
pub(crate) struct DisputeView {
    id: DisputeId,
    order_id: OrderId,
    payment_id: PaymentId,
    /// `inquiry`, `needs_response`, `under_review`, `won`, `lost`, `closed`.
    #[schema(value_type = String, example = "needs_response")]
    state: DisputeState,
    amount: Money,
    /// The bank's reason, in the provider's word.
    #[schema(example = "fraudulent")]
    reason: String,
    /// What the bank has taken and not given back.
    withdrawn: Money,
    /// What the payment provider has taken for the dispute itself.
    fee: Money,
    /// Until when evidence is taken.
    evidence_due_by: Option<Instant>,
    /// The provider's id of it.
    provider_dispute: String,
    created_at: Instant,
    /// Counts its changes.
    version: i64,
}

impl From<Dispute> for DisputeView {
    fn from(dispute: Dispute) -> Self {
        let money = |amount| Money::rounded(amount, dispute.amount.currency());
        Self {
            id: dispute.id,
            order_id: dispute.order,
            payment_id: dispute.payment,
            state: dispute.state,
            amount: dispute.amount,
            withdrawn: money(dispute.money.withdrawn()),
            fee: money(dispute.money.fee),
            reason: dispute.reason,
            evidence_due_by: dispute.evidence_due_by,
            provider_dispute: dispute.provider_dispute,
            created_at: dispute.created_at,
            version: dispute.version,
        }
    }
}

/// The card's issuer believes that a payment was fraud. No money has moved; a refund now averts a dispute.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FraudWarning)]
pub(crate) struct FraudWarningView {
    id: FraudWarningId,
    order_id: OrderId,
    payment_id: PaymentId,
    /// The issuer's kind of fraud, in the provider's word.
    #[schema(example = "made_with_stolen_card")]
    fraud_type: String,
    /// Whether a refund would still avert a dispute.
    actionable: bool,
    created_at: Instant,
    /// Counts its changes.
    version: i64,
}

impl From<FraudWarning> for FraudWarningView {
    fn from(warning: FraudWarning) -> Self {
        Self {
            id: warning.id,
            order_id: warning.order,
            payment_id: warning.payment,
            fraud_type: warning.fraud_type,
            actionable: warning.actionable,
            created_at: warning.created_at,
            version: warning.version,
        }
    }
}
