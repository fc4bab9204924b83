//! The catalogue of events: every type that is told outside, once. From here come the types that endpoints can choose, the
//! `webhooks` of the API's description and the tables of docs/events.md; a test holds every event that tests write against it.
//!
//! Each type is written by one use case of a business; a type stands here when something writes it and not before. Internal
//! ones (`stock.…`) are none of anybody's outside.

mod data;
mod described;
mod table;

use std::sync::LazyLock;

use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};

use self::data::{
    Block, Cancellation, Clock, Credit, Dispute, Endpoint, EndpointDisabled, FraudWarning, Hold, InterestTold, Layout,
    LayoutChanged, Offer, OffersAdded, Order, OrderPerformanceCancelled, OrderRescheduled, Payment, Payout,
    Performance, PerformanceArchived, PerformanceCancelled, PerformanceCreated, PerformanceDeleted,
    PerformanceRescheduled, Pool, Promotion, Question, Refund, Rescheduling, Reseller, SaleRound, Settlement, Show,
    ShowDeleted, SupportCase, Task, TicketAtTheDoor, TicketOwned, TicketPurchased, TicketVoided, TicketsChanged,
    WaitlistEntry,
};
pub(crate) use self::described::webhooks;
pub use self::table::markdown;

/// A type of event.
#[derive(Debug)]
pub struct EventType {
    /// `noun.verb_past`.
    pub name: &'static str,
    /// The noun of the object whose events `sequence` counts.
    pub object: &'static str,
    /// When it is written; completes "It is written when".
    pub when: &'static str,
    /// What its `data` is.
    pub data: Shape,
    /// Members of the example that are other than in the shape's own example.
    sets: &'static [(&'static str, &'static str)],
}

/// What the `data` of an event is.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// The name of its schema.
    pub name: &'static str,
    schema: fn() -> RefOr<Schema>,
    /// Adds the schemas that it refers to.
    within: fn(&mut Vec<(String, RefOr<Schema>)>),
    example: fn() -> Value,
    reads: fn(&Value) -> Result<(), String>,
}

const fn event(name: &'static str, object: &'static str, data: Shape, when: &'static str) -> EventType {
    EventType { name, object, when, data, sets: &[] }
}

impl EventType {
    const fn with(mut self, sets: &'static [(&'static str, &'static str)]) -> Self {
        self.sets = sets;
        self
    }

    /// An example of its `data`.
    #[must_use]
    pub fn example(&self) -> Value {
        let mut example = (self.data.example)();
        for (member, value) in self.sets {
            example[*member] = Value::from(*value);
        }
        example
    }

    /// Whether this is `data` of this type.
    ///
    /// # Errors
    /// The first member that is not as described.
    pub fn check(&self, data: &Value) -> Result<(), String> {
        (self.data.reads)(data)
    }
}

/// Every type, sorted by name.
pub const CATALOGUE: &[EventType] = &[
    event("block.created", "block", Block::SHAPE, "stock is kept off open sale, for nobody or for one seller"),
    event(
        "block.released",
        "block",
        Block::SHAPE,
        "what a block kept has gone back to open sale, because somebody said so or its time came",
    )
    .with(&[("state", "released"), ("because", "due")]),
    event(
        "cancellation.completed",
        "cancellation",
        Cancellation::SHAPE,
        "every order of a cancelled performance has its outcome; told again when an order that was disputed has got its own after all",
    ),
    event("credit.created", "credit", Credit::SHAPE, "a buyer was given credit, by you or by a refund"),
    event(
        "credit.expired",
        "credit",
        Credit::SHAPE,
        "the time of a credit is past: what was left of it is yours again",
    )
    .with(&[("expires_at", "2028-03-01T10:00:00Z"), ("expired_at", "2028-03-01T10:00:01Z")]),
    event(
        "endpoint.disabled",
        "endpoint",
        EndpointDisabled::SHAPE,
        "a webhook endpoint answered 410, or took nothing for five days; other endpoints are told, and the account by mail",
    ),
    event(
        "endpoint.pinged",
        "endpoint",
        Endpoint::SHAPE,
        "a webhook endpoint was made or moved, or a ping was asked for; sent to that endpoint alone, whatever it has chosen",
    ),
    event("hold.expired", "hold", Hold::SHAPE, "a hold's time ran out; told within a second or so of it")
        .with(&[("state", "expired")]),
    event("hold.released", "hold", Hold::SHAPE, "a hold was given up, or lost its last ticket")
        .with(&[("state", "released")]),
    event(
        "layout.clashed",
        "layout",
        Layout::SHAPE,
        "a version's date has come and performances are in its way: it is not in force",
    ),
    event("layout.created", "layout", Layout::SHAPE, "a layout of a venue was created, with a draft"),
    event("layout.published", "layout", Layout::SHAPE, "a version of a layout came into force"),
    event("layout.scheduled", "layout", Layout::SHAPE, "a version of a layout is to come into force at a date"),
    event("layout.updated", "layout", Layout::SHAPE, "a layout was renamed, or its draft changed"),
    event("layout.withdrawn", "layout", Layout::SHAPE, "a version was given up before it was in force"),
    event(
        "offer.price_changed",
        "offer",
        Offer::SHAPE,
        "an offer's price, or the tax in it, changed; holds have it, orders do not",
    ),
    event("order.cancelled", "order", Order::SHAPE, "an order was called off before it was paid; its tickets are free")
        .with(&[("state", "cancelled")]),
    event("order.created", "order", Order::SHAPE, "a hold became an order"),
    event("order.expired", "order", Order::SHAPE, "the deadline passed and no payment can succeed any more")
        .with(&[("state", "expired")]),
    event("order.paid", "order", Order::SHAPE, "the tickets are sold; also of an order that costs nothing")
        .with(&[("state", "paid"), ("paid_at", "2027-03-01T10:02:11Z")]),
    event(
        "order.performance_cancelled",
        "order",
        OrderPerformanceCancelled::SHAPE,
        "a performance of it does not take place and its buyer is told; once for each cancellation",
    ),
    event(
        "order.rescheduled",
        "order",
        OrderRescheduled::SHAPE,
        "its tickets are good for a new time and its buyer is told; once for each rescheduling",
    ),
    event(
        "order.updated",
        "order",
        Order::SHAPE,
        "the buyer's data changed, credit was put in, or the order was locked or unlocked",
    ),
    event("payment.cancelled", "payment", Payment::SHAPE, "a payment can no longer be paid")
        .with(&[("state", "cancelled")]),
    event("payment.dispute_lost", "dispute", Dispute::SHAPE, "a dispute is lost; the tickets stay suspended")
        .with(&[("state", "lost")]),
    event("payment.dispute_updated", "dispute", Dispute::SHAPE, "a dispute has moved on and is not decided")
        .with(&[("state", "under_review")]),
    event(
        "payment.dispute_won",
        "dispute",
        Dispute::SHAPE,
        "a dispute is won, or an inquiry came to nothing; the tickets are good again",
    )
    .with(&[("state", "won")]),
    event(
        "payment.disputed",
        "dispute",
        Dispute::SHAPE,
        "the buyer's bank wants the money back, or asks about it; the tickets are suspended",
    ),
    event("payment.failed", "payment", Payment::SHAPE, "a try was declined; the buyer may try again")
        .with(&[("state", "awaiting_payment"), ("decline_code", "insufficient_funds")]),
    event(
        "payment.fraud_warning",
        "fraud_warning",
        FraudWarning::SHAPE,
        "the card's issuer believes that it was fraud; no money has moved; the tickets are suspended",
    ),
    event("payment.late_refunded", "refund", Refund::SHAPE, "money that could buy nothing any more goes back")
        .with(&[("reason", "late_payment"), ("state", "pending")]),
    event("payment.paid", "payment", Payment::SHAPE, "the provider has the money"),
    event("payment.processing", "payment", Payment::SHAPE, "the provider is deciding; the order is locked")
        .with(&[("state", "processing")]),
    event(
        "payment.requires_action",
        "payment",
        Payment::SHAPE,
        "the buyer's bank wants the buyer to confirm (3-D Secure)",
    )
    .with(&[("state", "awaiting_payment")]),
    event("payout.created", "payout", Payout::SHAPE, "money is on its way to your bank account"),
    event("payout.failed", "payout", Payout::SHAPE, "it did not arrive, and is available again")
        .with(&[("state", "failed"), ("failure_code", "no_account")]),
    event("payout.paid", "payout", Payout::SHAPE, "your bank has it")
        .with(&[("state", "paid"), ("paid_at", "2027-03-15T10:00:00Z")]),
    event(
        "performance.archived",
        "performance",
        PerformanceArchived::SHAPE,
        "it ended so many days ago as the account says (`archive_after_days`), and nothing of it was under way: from now on it is read as before, and changed only by what happens to its orders",
    ),
    event(
        "performance.available_again",
        "performance",
        Performance::SHAPE,
        "of a performance that was sold out not every ticket is sold any more; told within a second or so of it, and somebody may hold them by then",
    ),
    event(
        "performance.cancelled",
        "performance",
        PerformanceCancelled::SHAPE,
        "it does not take place: nothing is sold from then on; holds and unpaid orders end",
    )
    .with(&[("state", "cancelled")]),
    event(
        "performance.created",
        "performance",
        PerformanceCreated::SHAPE,
        "a performance was added, with its show or later",
    ),
    event(
        "performance.deleted",
        "performance",
        PerformanceDeleted::SHAPE,
        "a performance of which no ticket was ever held was deleted",
    ),
    event(
        "performance.interest_told",
        "performance",
        InterestTold::SHAPE,
        "a performance or a sale round of it has opened, and who had registered interest in it was told so",
    ),
    event("performance.layout_changed", "performance", LayoutChanged::SHAPE, "it follows a new version of its layout"),
    event(
        "performance.offers_added",
        "performance",
        OffersAdded::SHAPE,
        "it got a price tier with its offers, or an offer in one that it had",
    ),
    event(
        "performance.on_sale",
        "performance",
        Performance::SHAPE,
        "sales began or go on: the window or its first sale round opened, the show was published, or a stop ended; told within a second or so of it",
    ),
    event(
        "performance.paused",
        "performance",
        Performance::SHAPE,
        "its sales were halted; `performance.updated` is written too",
    )
    .with(&[("state", "paused")]),
    event(
        "performance.rescheduled",
        "performance",
        PerformanceRescheduled::SHAPE,
        "it was moved to another time though tickets were sold; holds and unpaid orders end",
    ),
    event(
        "performance.sold_out",
        "performance",
        Performance::SHAPE,
        "every ticket on open sale is sold; what is held or being paid is not; told within a second or so of it",
    ),
    event(
        "performance.tickets_changed",
        "performance",
        TicketsChanged::SHAPE,
        "tickets were deleted, or moved to another tier or section",
    ),
    event(
        "performance.updated",
        "performance",
        Performance::SHAPE,
        "times, sale window or state (open, paused, closed) changed, or its maximum per buyer or how its seats are chosen was set",
    ),
    event("pool.created", "pool", Pool::SHAPE, "offers of a performance share a capacity"),
    event("pool.updated", "pool", Pool::SHAPE, "a pool's name or capacity changed"),
    event("promotion.created", "promotion", Promotion::SHAPE, "a promotion was made"),
    event("promotion.updated", "promotion", Promotion::SHAPE, "a promotion's name, window or limits changed"),
    event("question.created", "question", Question::SHAPE, "a show asks its buyers something more"),
    event("question.updated", "question", Question::SHAPE, "a question was changed, or is no longer asked"),
    event(
        "refund.created",
        "refund",
        Refund::SHAPE,
        "a refund was accepted, or made at the provider: its tickets are void and on sale again",
    )
    .with(&[("state", "pending")]),
    event("refund.failed", "refund", Refund::SHAPE, "the provider could not give it back").with(&[("state", "failed")]),
    event(
        "refund.succeeded",
        "refund",
        Refund::SHAPE,
        "the provider has given the money back, or the buyer has credit for it",
    ),
    event(
        "rescheduling.completed",
        "rescheduling",
        Rescheduling::SHAPE,
        "every order of a rescheduling has kept its tickets or given them back",
    ),
    event("reseller.reinstated", "reseller", Reseller::SHAPE, "an operator serves the account again"),
    event("reseller.suspended", "reseller", Reseller::SHAPE, "an operator stopped serving the account")
        .with(&[("state", "suspended")]),
    event("reseller.updated", "reseller", Reseller::SHAPE, "details of the account changed in this environment"),
    event("sale_round.created", "sale_round", SaleRound::SHAPE, "a sale round was added to a performance"),
    event(
        "sale_round.updated",
        "sale_round",
        SaleRound::SHAPE,
        "a sale round's name, window, capacity or prices changed; holds have new prices, orders do not",
    ),
    event(
        "settlement.closed",
        "settlement",
        Settlement::SHAPE,
        "a period of the books was closed in one currency; its rows can be read and never change",
    ),
    event("show.created", "show", Show::SHAPE, "a show was created"),
    event("show.deleted", "show", ShowDeleted::SHAPE, "a show of which no ticket was ever held was deleted"),
    event(
        "show.updated",
        "show",
        Show::SHAPE,
        "title, description, visibility, `public_from` or state of a show changed, a ticket type was added, or its maximum per buyer or how its seats are chosen was set",
    ),
    event(
        "support_case.answered",
        "support_case",
        SupportCase::SHAPE,
        "an operator has written of a support case; what, is read there, and told by no event",
    )
    .with(&[("state", "waiting_for_reseller")]),
    event("support_case.closed", "support_case", SupportCase::SHAPE, "you have closed a support case")
        .with(&[("state", "closed")]),
    event("support_case.opened", "support_case", SupportCase::SHAPE, "a support case was opened"),
    event(
        "support_case.reopened",
        "support_case",
        SupportCase::SHAPE,
        "you have written of a support case that was resolved",
    )
    .with(&[("state", "waiting_for_us")]),
    event(
        "support_case.resolved",
        "support_case",
        SupportCase::SHAPE,
        "an operator thinks that all is said of a support case",
    )
    .with(&[("state", "resolved")]),
    event(
        "support_case.updated",
        "support_case",
        SupportCase::SHAPE,
        "you have written of a support case, or another operator sees to it",
    )
    .with(&[("state", "waiting_for_us")]),
    event("task.done", "task", Task::SHAPE, "nothing is in the way any more, or the version was given up")
        .with(&[("state", "done")]),
    event("task.opened", "task", Task::SHAPE, "a performance is in the way of a version of its layout"),
    event("task.updated", "task", Task::SHAPE, "it was looked at again and a performance still is in the way"),
    event("test_clock.advanced", "reseller", Clock::SHAPE, "a test environment's clock was moved"),
    event(
        "ticket.check_in_undone",
        "ticket",
        TicketAtTheDoor::SHAPE,
        "a check-in was taken back: the ticket is good again, or suspended with its order; `order.updated` is written too",
    ),
    event(
        "ticket.checked_in",
        "ticket",
        TicketAtTheDoor::SHAPE,
        "somebody has entered with the ticket; `order.updated` is written too",
    ),
    event(
        "ticket.exchanged",
        "ticket",
        TicketOwned::SHAPE,
        "an order has this ticket instead of another one, at the same price; `order.updated` is written too",
    ),
    event(
        "ticket.purchased",
        "ticket",
        TicketPurchased::SHAPE,
        "a ticket was bought while somebody was looking at its performance live; `order.paid` is written too",
    ),
    event(
        "ticket.renamed",
        "ticket",
        TicketOwned::SHAPE,
        "the name of a ticket's owner was corrected; `order.updated` is written too",
    ),
    event(
        "ticket.transferred",
        "ticket",
        TicketOwned::SHAPE,
        "a ticket was given to another person; `order.updated` is written too",
    ),
    event(
        "ticket.voided",
        "ticket",
        TicketVoided::SHAPE,
        "a ticket was given back or made void: it lets nobody in any more",
    ),
    event("waitlist.accepted", "waitlist_entry", WaitlistEntry::SHAPE, "an offer of a waitlist was ordered")
        .with(&[("state", "accepted")]),
    event(
        "waitlist.closed",
        "waitlist_entry",
        WaitlistEntry::SHAPE,
        "a party waits no more because the performance is sold no more",
    )
    .with(&[("state", "closed")]),
    event(
        "waitlist.declined",
        "waitlist_entry",
        WaitlistEntry::SHAPE,
        "an offer of a waitlist was given back, or its hold was ended",
    )
    .with(&[("state", "declined")]),
    event("waitlist.joined", "waitlist_entry", WaitlistEntry::SHAPE, "a party joined a waitlist")
        .with(&[("state", "waiting")]),
    event(
        "waitlist.lapsed",
        "waitlist_entry",
        WaitlistEntry::SHAPE,
        "an offer of a waitlist was not ordered in time; told within a second or so of it",
    )
    .with(&[("state", "lapsed")]),
    event("waitlist.left", "waitlist_entry", WaitlistEntry::SHAPE, "a party left a waitlist before there was an offer")
        .with(&[("state", "left")]),
    event(
        "waitlist.offered",
        "waitlist_entry",
        WaitlistEntry::SHAPE,
        "tickets are held for a party on a waitlist until `offer_ends_at`",
    ),
];

/// The names of all types, sorted.
pub static EVENT_TYPES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| CATALOGUE.iter().map(|event| event.name).collect());

/// The type of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static EventType> {
    CATALOGUE.iter().find(|event| event.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_stands_once_in_order_with_a_name_as_the_standard_wants_it() {
        assert!(CATALOGUE.is_sorted_by(|a, b| a.name < b.name));
        for event in CATALOGUE {
            let segments: Vec<_> = event.name.split('.').collect();
            let good = |s: &&str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            assert!(segments.len() == 2 && segments.iter().all(good), "{}", event.name);
        }
    }

    #[test]
    fn every_example_is_as_described_and_has_every_member() {
        for event in CATALOGUE {
            let example = event.example();
            assert_eq!(event.check(&example), Ok(()), "{}", event.name);
            let schema = serde_json::to_value((event.data.schema)()).unwrap();
            let described: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
            let shown: Vec<_> = example.as_object().unwrap().keys().collect();
            assert_eq!(described, shown, "{}", event.name);
        }
    }

    #[test]
    fn data_of_another_form_is_not_taken_for_it() {
        let order = find("order.paid").unwrap();
        let mut data = order.example();
        data["total"] = Value::from("49.90");
        assert!(order.check(&data).is_err());
        assert!(order.check(&find("refund.created").unwrap().example()).is_err());
    }
}
