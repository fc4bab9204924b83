//! `/v1/webhook_endpoints/{endpoint_id}/deliveries`

pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod resend;

use foundation::{Instant, id::EventId};
use serde::Serialize;
use utoipa::ToSchema;
use webhooks_dispatcher::deliveries::{Delivery, DeliveryAttempt, DeliveryState};

/// One event sent to one endpoint.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDelivery)]
pub(crate) struct DeliveryView {
    /// Also the webhook-id.
    event_id: EventId,
    #[serde(rename = "type")]
    kind: String,
    /// The event's place in your event log.
    position: i64,
    state: DeliveryState,
    /// How often it was tried.
    attempts: i32,
    /// When it is tried again, if it is.
    next_attempt_at: Option<Instant>,
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        Self {
            event_id: delivery.event_id,
            kind: delivery.kind,
            position: delivery.position,
            state: delivery.state,
            attempts: delivery.attempts,
            next_attempt_at: (delivery.state == DeliveryState::Pending).then_some(delivery.due_at),
        }
    }
}

/// One try.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookAttempt)]
struct AttemptView {
    /// Counts from 1.
    attempt: i32,
    at: Instant,
    /// To the end of the answer.
    duration_ms: i32,
    /// The HTTP status of the answer; null if none came.
    status: Option<i32>,
    /// Why none came: `timeout`, `connection_failed`, `connection_lost`, `name_unknown`, `address_refused`, `secret_unreadable`.
    error: Option<String>,
    /// The first 8 kB of the answer.
    answer: String,
}

/// One event sent to one endpoint, with every try.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookDeliveryWithAttempts)]
pub(crate) struct DeliveryWithAttemptsView {
    #[serde(flatten)]
    delivery: DeliveryView,
    /// The newest first; at most a hundred.
    attempt_log: Vec<AttemptView>,
}

impl From<(Delivery, Vec<DeliveryAttempt>)> for DeliveryWithAttemptsView {
    fn from((delivery, attempts): (Delivery, Vec<DeliveryAttempt>)) -> Self {
        let view = |attempt: DeliveryAttempt| AttemptView {
            attempt: attempt.attempt,
            at: attempt.at,
            duration_ms: attempt.duration_ms,
            status: attempt.status,
            error: attempt.error,
            answer: attempt.answer_head,
        };
        Self { delivery: delivery.into(), attempt_log: attempts.into_iter().map(view).collect() }
    }
}
