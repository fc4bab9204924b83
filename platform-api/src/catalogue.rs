//! The event types that webhooks can be asked for. Each is written by one use case of a business; internal ones
//! (`stock.…`) are none of anybody's outside.

/// Every type, sorted.
pub const EVENT_TYPES: &[&str] = &[
    "hold.expired",
    "hold.released",
    "offer.price_changed",
    "order.cancelled",
    "order.created",
    "order.expired",
    "order.paid",
    "order.updated",
    "payment.cancelled",
    "payment.failed",
    "payment.late_refunded",
    "payment.paid",
    "payment.processing",
    "performance.created",
    "performance.updated",
    "refund.created",
    "refund.failed",
    "refund.succeeded",
    "reseller.reinstated",
    "reseller.suspended",
    "reseller.updated",
    "show.created",
    "show.deleted",
    "show.updated",
    "test_clock.advanced",
];
