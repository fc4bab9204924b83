//! `/v1/reschedulings`

pub(crate) mod decisions;
pub(crate) mod get;
pub(crate) mod orders;

use foundation::{
    Instant,
    id::{OrderId, PerformanceId, RefundId, ReschedulingId},
};
use serde::{Deserialize, Serialize};
use ticketing::rules::{
    choice::ChoiceState,
    rescheduling::{Decision, OrderDecision, Progress, Rescheduling},
};
use utoipa::ToSchema;

/// What becomes of an order's tickets.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Decision)]
pub(crate) enum DecisionBody {
    /// They are good for the new time.
    Keep,
    /// They are given back for their money.
    Refund,
}

impl From<DecisionBody> for Decision {
    fn from(wire: DecisionBody) -> Self {
        match wire {
            DecisionBody::Keep => Self::Keep,
            DecisionBody::Refund => Self::Refund,
        }
    }
}

impl From<Decision> for DecisionBody {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Keep => Self::Keep,
            Decision::Refund => Self::Refund,
        }
    }
}

/// A performance's move to another time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rescheduling)]
pub(crate) struct ReschedulingView {
    id: ReschedulingId,
    performance_id: PerformanceId,
    #[schema(value_type = String, example = "deciding")]
    state: ChoiceState,
    starts_before: Instant,
    starts_at: Instant,
    /// Until when buyers may choose.
    decide_by: Instant,
    /// What becomes of the tickets of who does not.
    default: DecisionBody,
    created_at: Instant,
    /// How many orders stand how; only where one rescheduling is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<ProgressView>,
    /// Counts its changes.
    version: i64,
}

/// How many orders stand how.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReschedulingProgress)]
struct ProgressView {
    /// Whose buyers were told.
    told: i64,
    /// Not decided yet.
    open: i64,
    /// Of those, the ones that failed for a reason on our side: they are tried again, and no other waits for them.
    retrying: i64,
    /// Kept for the new time.
    kept: i64,
    /// Given back, or to be.
    refunded: i64,
    /// Of those, the ones that could not be given back; the list of orders says why.
    problems: i64,
}

impl From<Rescheduling> for ReschedulingView {
    fn from(of: Rescheduling) -> Self {
        Self {
            id: of.id,
            performance_id: of.performance,
            state: of.state,
            starts_before: of.starts_before,
            starts_at: of.starts_at,
            decide_by: of.decide_by,
            default: of.default.into(),
            created_at: of.created_at,
            progress: None,
            version: of.version,
        }
    }
}

impl ReschedulingView {
    fn with_progress(mut self, progress: Progress) -> Self {
        let Progress { told, open, retrying, kept, refunded, problems } = progress;
        self.progress = Some(ProgressView { told, open, retrying, kept, refunded, problems });
        self
    }
}

/// What was decided about an order's tickets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderDecision)]
pub(crate) struct OrderDecisionView {
    order_id: OrderId,
    /// Null: not yet.
    decision: Option<DecisionBody>,
    /// Whether that is because nothing was said by the deadline.
    by_default: bool,
    refund_id: Option<RefundId>,
    /// Why the tickets could not be given back though that was decided; without a decision, why it is tried again.
    problem: Option<String>,
    decided_at: Option<Instant>,
}

impl From<OrderDecision> for OrderDecisionView {
    fn from(of: OrderDecision) -> Self {
        let OrderDecision { order, decision, by_default, refund, problem, decided_at } = of;
        let decision = decision.map(DecisionBody::from);
        Self { order_id: order, decision, by_default, refund_id: refund, problem, decided_at }
    }
}
