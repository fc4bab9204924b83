//! `/v1/cancellations`

pub(crate) mod decisions;
pub(crate) mod get;
pub(crate) mod orders;

use foundation::{
    Instant, Money,
    id::{CancellationId, OrderId, PerformanceId, RefundId, TicketId},
};
use serde::{Deserialize, Serialize};
use ticketing::rules::{
    cancellation::{Cancellation, Impact, OrderRemedy, Progress, Remedy},
    choice::ChoiceState,
};
use utoipa::ToSchema;

/// What a buyer gets for tickets of a performance that does not take place.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Remedy)]
pub(crate) enum RemedyBody {
    /// All that was paid for them, with every fee.
    Refund,
    /// Equal tickets of another performance of the show.
    Replacement,
    /// All that was paid for them, with every fee, as credit to buy with.
    Credit,
}

impl From<RemedyBody> for Remedy {
    fn from(wire: RemedyBody) -> Self {
        match wire {
            RemedyBody::Refund => Self::Refund,
            RemedyBody::Replacement => Self::Replacement,
            RemedyBody::Credit => Self::Credit,
        }
    }
}

impl From<Remedy> for RemedyBody {
    fn from(remedy: Remedy) -> Self {
        match remedy {
            Remedy::Refund => Self::Refund,
            Remedy::Replacement => Self::Replacement,
            Remedy::Credit => Self::Credit,
        }
    }
}

/// Whom and what it concerns that a performance, or several, do not take place.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = CancellationConcerns)]
pub(crate) struct ConcernedView {
    /// Paid orders with good tickets, whose buyers are told, once for each performance.
    orders: i64,
    /// Their tickets.
    tickets: i64,
    /// What goes back if all of them are given back, with all fees.
    refundable: Money,
    /// Of the orders, those of which nothing can be given back now because their payment is disputed: a person looks at them.
    disputed_orders: i64,
    /// Tickets with which somebody has entered: they stay as they are.
    used_tickets: i64,
    /// Unpaid orders, which end; their buyers are told.
    unpaid_orders: i64,
    /// Holds, which end.
    holds: i64,
}

impl From<&Impact> for ConcernedView {
    fn from(impact: &Impact) -> Self {
        Self {
            orders: impact.orders,
            tickets: impact.tickets,
            refundable: impact.refundable,
            disputed_orders: impact.disputed_orders,
            used_tickets: impact.used_tickets,
            unpaid_orders: impact.unpaid_orders,
            holds: impact.holds,
        }
    }
}

impl ConcernedView {
    /// Both together, which are of one show and so of one currency.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            orders: self.orders + other.orders,
            tickets: self.tickets + other.tickets,
            refundable: Money::rounded(
                self.refundable.amount() + other.refundable.amount(),
                self.refundable.currency(),
            ),
            disputed_orders: self.disputed_orders + other.disputed_orders,
            used_tickets: self.used_tickets + other.used_tickets,
            unpaid_orders: self.unpaid_orders + other.unpaid_orders,
            holds: self.holds + other.holds,
        }
    }
}

/// The cancellation of a performance.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Cancellation)]
pub(crate) struct CancellationView {
    id: CancellationId,
    performance_id: PerformanceId,
    /// `telling`, `deciding`, `closing` or `done`.
    #[schema(value_type = String, example = "deciding")]
    state: ChoiceState,
    /// What buyers may choose from: without the replacement once that is cancelled too.
    offered: Vec<RemedyBody>,
    /// What who does not choose gets.
    default: RemedyBody,
    replacement_performance_id: Option<PerformanceId>,
    /// Until when buyers may choose; when it was made, where there is nothing to choose.
    decide_by: Instant,
    created_at: Instant,
    /// How many orders stand how; only where one cancellation is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    progress: Option<ProgressView>,
    /// Counts its changes.
    version: i64,
}

/// How many orders stand how.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CancellationProgress)]
pub(crate) struct ProgressView {
    /// Found so far: their buyers were told, or, where that failed, are `retrying`.
    told: i64,
    /// Without an outcome yet.
    open: i64,
    /// Of those, the ones that failed for a reason on our side: they are tried again, and no other waits for them.
    retrying: i64,
    /// Given back, or to be; or void, where nothing was paid for them or all of it had gone back before.
    refunded: i64,
    /// With tickets of the replacement.
    replaced: i64,
    /// With credit for what was paid.
    credited: i64,
    /// That could not get what was decided, and are none of the others: the list of orders says why, and a person sees to them.
    problems: i64,
}

impl From<Cancellation> for CancellationView {
    fn from(of: Cancellation) -> Self {
        Self {
            id: of.id,
            performance_id: of.performance,
            state: of.state,
            offered: of.offered.into_iter().map(RemedyBody::from).collect(),
            default: of.default.into(),
            replacement_performance_id: of.replacement,
            decide_by: of.decide_by,
            created_at: of.created_at,
            progress: None,
            version: of.version,
        }
    }
}

impl CancellationView {
    fn with_progress(mut self, progress: Progress) -> Self {
        self.progress = Some(progress.into());
        self
    }
}

impl From<Progress> for ProgressView {
    fn from(progress: Progress) -> Self {
        let Progress { told, open, retrying, refunded, replaced, credited, problems } = progress;
        Self { told, open, retrying, refunded, replaced, credited, problems }
    }
}

/// What became of an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderRemedy)]
pub(crate) struct OrderRemedyView {
    order_id: OrderId,
    /// What it got. Null: nothing yet, or nothing at all, and `problem` says why.
    decision: Option<RemedyBody>,
    /// Whether that is because nothing was said by the deadline, or there was nothing to choose.
    by_default: bool,
    /// Of money, or of credit, which its `credit_id` names; null for tickets that were free.
    refund_id: Option<RefundId>,
    /// Why it got nothing of what is offered, and a person has to see to it; without `decided_at`, why it is tried again.
    problem: Option<String>,
    /// The replacement's tickets that are kept for it until it is decided; none where there were not enough equal ones.
    kept: Vec<KeptView>,
    /// Since when it is so; null while it has no outcome.
    decided_at: Option<Instant>,
}

/// A ticket that is kept for an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = KeptTicket)]
struct KeptView {
    /// The item that it is for.
    item_no: i16,
    ticket_id: TicketId,
}

impl From<OrderRemedy> for OrderRemedyView {
    fn from(of: OrderRemedy) -> Self {
        let decision = of.got();
        let OrderRemedy { order, by_default, refund, problem, kept, decided_at, .. } = of;
        Self {
            order_id: order,
            decision: decision.map(RemedyBody::from),
            by_default,
            refund_id: refund,
            problem,
            kept: kept.into_iter().map(|(item_no, ticket_id)| KeptView { item_no, ticket_id }).collect(),
            decided_at,
        }
    }
}
