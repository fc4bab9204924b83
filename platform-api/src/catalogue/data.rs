//! What the `data` of each type of event is. It is written by the businesses; here it is described for whoever receives it, and
//! every event that tests write is read by these types, so that no member is written that is not described. Members may be
//! added; none is taken away.

use foundation::{
    Instant, Mode, Money,
    id::{
        AccountId, ApiKeyId, BlockId, CancellationId, CredentialId, CreditId, DisputeId, EndpointId, FraudWarningId,
        HoldId, LayoutId, LayoutVersionId, OfferId, OrderId, PaymentId, PayoutId, PerformanceId, PoolId, PriceTierId,
        PromotionId, QuestionId, RefundId, ReschedulingId, ResellerId, SaleRoundId, SettlementId, ShowId,
        SupportCaseId, TaskId, TicketId, TicketTypeId, VenueId, WaitlistEntryId,
    },
};
use serde::Deserialize;
use tenancy::{
    ResellerState,
    support_cases::{CaseState, Category},
    webhook_endpoints::{DisabledReason, EndpointState},
};
use utoipa::{PartialSchema as _, ToSchema};

use super::Shape;

/// Declares the data of events: a type that reads it, its schema's name, an example.
macro_rules! shapes {
    ($($(#[$doc:meta])* $name:ident $schema:ident { $($(#[$field:meta])* $member:ident: $of:ty,)* } = $example:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Deserialize, ToSchema)]
        #[schema(as = $schema)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "what is read is only that it can be read")]
        pub(super) struct $name { $($(#[$field])* $member: $of,)* }

        impl $name {
            pub(super) const SHAPE: Shape = Shape {
                name: stringify!($schema),
                schema: Self::schema,
                within: Self::schemas,
                example: || serde_json::from_str($example).unwrap_or_default(),
                reads: |data| {
                    serde_json::from_value::<Self>(data.clone()).map(|_| ()).map_err(|error| error.to_string())
                },
            };
        }
    )*};
}

/// A ticket of an order.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = OrderItemEventData)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what is read is only that it can be read")]
struct OrderItem {
    /// Counts from 1.
    no: i16,
    performance_id: PerformanceId,
    ticket_id: TicketId,
    /// All in.
    total: Money,
    /// `issued`, `checked_in`, `suspended` or `voided`; null before the order is paid.
    credential: Option<String>,
}

/// Whom tickets of a show are for.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = TicketTypeEventData)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what is read is only that it can be read")]
struct TicketType {
    id: TicketTypeId,
    name: String,
}

/// An offer that a performance was given.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = AddedOfferEventData)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what is read is only that it can be read")]
struct AddedOffer {
    id: OfferId,
    price_tier_id: PriceTierId,
    price_tier: String,
    ticket_type: String,
    price: Money,
    /// The percentage of your own tax that the price includes; null where you have not said it.
    tax_rate: Option<String>,
}

/// What an offer costs in a sale round.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = SaleRoundPriceEventData)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "what is read is only that it can be read")]
struct SaleRoundPrice {
    offer_id: OfferId,
    price: Money,
}

shapes! {
    /// A webhook endpoint.
    Endpoint EndpointEventData {
        id: EndpointId,
        state: EndpointState,
    } = r#"{"id": "we_0192f0c1000070008000000000000001", "state": "enabled"}"#;

    /// A webhook endpoint that was disabled.
    EndpointDisabled EndpointDisabledEventData {
        id: EndpointId,
        state: EndpointState,
        disabled_reason: DisabledReason,
        /// Since when it had taken nothing.
        failing_since: Option<Instant>,
    } = r#"{"id": "we_0192f0c1000070008000000000000001", "state": "disabled", "disabled_reason": "failing",
            "failing_since": "2027-02-24T10:00:00Z"}"#;

    /// Credit; its code is in no event.
    Credit CreditEventData {
        id: CreditId,
        /// What it was given for.
        amount: Money,
        /// What no order has taken yet.
        balance: Money,
        /// The order whose refund made it.
        order_id: Option<OrderId>,
        /// Your own words.
        reason: String,
        /// Until when it may be spent.
        expires_at: Option<Instant>,
        /// When what was left was yours again.
        expired_at: Option<Instant>,
        /// How much that was.
        expired: Option<Money>,
    } = r#"{"id": "cred_0192f0c1000070008000000000000001", "amount": {"amount": "25.00", "currency": "EUR"},
            "balance": {"amount": "25.00", "currency": "EUR"}, "order_id": "ord_0192f0c1000070008000000000000001",
            "reason": "cannot come", "expires_at": null, "expired_at": null, "expired": null}"#;

    /// A hold.
    Hold HoldEventData {
        id: HoldId,
        /// `released` or `expired`.
        state: String,
        ticket_ids: Vec<TicketId>,
        /// Why it was released: `released`, or `sales_stopped` when checkouts were ended.
        reason: Option<String>,
    } = r#"{"id": "hold_0192f0c1000070008000000000000001", "state": "released",
            "ticket_ids": ["tkt_0192f0c1000070008000000000000001", "tkt_0192f0c1000070008000000000000002"],
            "reason": null}"#;

    /// An offer.
    Offer OfferEventData {
        id: OfferId,
        performance_id: PerformanceId,
        price: Money,
        /// The percentage of tax that it includes; null where that is not told.
        tax_rate: Option<String>,
    } = r#"{"id": "offer_0192f0c1000070008000000000000001", "performance_id": "perf_0192f0c1000070008000000000000001",
            "price": {"amount": "52.00", "currency": "EUR"}, "tax_rate": "9"}"#;

    /// An order.
    Order OrderEventData {
        id: OrderId,
        state: String,
        /// Your own words.
        reference: Option<String>,
        hold_id: HoldId,
        /// All in.
        total: Money,
        /// How much of that is paid with credit.
        paid_by_credit: Money,
        /// Until when it can be paid.
        pay_by: Instant,
        paid_at: Option<Instant>,
        items: Vec<OrderItem>,
    } = r#"{"id": "ord_0192f0c1000070008000000000000001", "state": "awaiting_payment", "reference": "web-1001",
            "hold_id": "hold_0192f0c1000070008000000000000001", "total": {"amount": "52.80", "currency": "EUR"},
            "paid_by_credit": {"amount": "0.00", "currency": "EUR"}, "pay_by": "2027-03-01T10:15:00Z", "paid_at": null,
            "items": [{"no": 1, "performance_id": "perf_0192f0c1000070008000000000000001",
                       "ticket_id": "tkt_0192f0c1000070008000000000000001",
                       "total": {"amount": "52.80", "currency": "EUR"}, "credential": null}]}"#;

    /// An order whose tickets are good for a new time.
    OrderRescheduled OrderRescheduledEventData {
        id: OrderId,
        state: String,
        /// Your own words.
        reference: Option<String>,
        hold_id: HoldId,
        /// All in.
        total: Money,
        /// How much of that is paid with credit.
        paid_by_credit: Money,
        /// Until when it could be paid.
        pay_by: Instant,
        paid_at: Option<Instant>,
        items: Vec<OrderItem>,
        rescheduling_id: ReschedulingId,
    } = r#"{"id": "ord_0192f0c1000070008000000000000001", "state": "paid", "reference": "web-1001",
            "hold_id": "hold_0192f0c1000070008000000000000001", "total": {"amount": "52.80", "currency": "EUR"},
            "paid_by_credit": {"amount": "0.00", "currency": "EUR"}, "pay_by": "2027-03-01T10:15:00Z", "paid_at": "2027-03-01T10:02:11Z",
            "items": [{"no": 1, "performance_id": "perf_0192f0c1000070008000000000000001",
                       "ticket_id": "tkt_0192f0c1000070008000000000000001",
                       "total": {"amount": "52.80", "currency": "EUR"}, "credential": "issued"}],
            "rescheduling_id": "resch_0192f0c1000070008000000000000001"}"#;

    /// An order with tickets of a performance that does not take place.
    OrderPerformanceCancelled OrderPerformanceCancelledEventData {
        id: OrderId,
        state: String,
        /// Your own words.
        reference: Option<String>,
        hold_id: HoldId,
        /// All in.
        total: Money,
        /// How much of that is paid with credit.
        paid_by_credit: Money,
        /// Until when it could be paid.
        pay_by: Instant,
        paid_at: Option<Instant>,
        items: Vec<OrderItem>,
        cancellation_id: CancellationId,
    } = r#"{"id": "ord_0192f0c1000070008000000000000001", "state": "paid", "reference": "web-1001",
            "hold_id": "hold_0192f0c1000070008000000000000001", "total": {"amount": "52.80", "currency": "EUR"},
            "paid_by_credit": {"amount": "0.00", "currency": "EUR"}, "pay_by": "2027-03-01T10:15:00Z", "paid_at": "2027-03-01T10:02:11Z",
            "items": [{"no": 1, "performance_id": "perf_0192f0c1000070008000000000000001",
                       "ticket_id": "tkt_0192f0c1000070008000000000000001",
                       "total": {"amount": "52.80", "currency": "EUR"}, "credential": "issued"}],
            "cancellation_id": "canc_0192f0c1000070008000000000000001"}"#;

    /// A payment.
    Payment PaymentEventData {
        id: PaymentId,
        order_id: OrderId,
        state: String,
        amount: Money,
        /// The provider's word for why the last try was declined.
        decline_code: Option<String>,
    } = r#"{"id": "pay_0192f0c1000070008000000000000001", "order_id": "ord_0192f0c1000070008000000000000001",
            "state": "paid", "amount": {"amount": "52.80", "currency": "EUR"}, "decline_code": null}"#;

    /// A dispute.
    Dispute DisputeEventData {
        id: DisputeId,
        order_id: OrderId,
        payment_id: PaymentId,
        state: String,
        amount: Money,
        /// The bank's, in the provider's word.
        reason: Option<String>,
        evidence_due_by: Option<Instant>,
        /// What the bank has taken and not given back.
        withdrawn: Money,
        /// What the provider has taken for the dispute.
        fee: Money,
    } = r#"{"id": "dp_0192f0c1000070008000000000000001", "order_id": "ord_0192f0c1000070008000000000000001",
            "payment_id": "pay_0192f0c1000070008000000000000001", "state": "needs_response",
            "amount": {"amount": "52.80", "currency": "EUR"}, "reason": "fraudulent",
            "evidence_due_by": "2027-03-15T10:00:00Z", "withdrawn": {"amount": "52.80", "currency": "EUR"},
            "fee": {"amount": "20.00", "currency": "EUR"}}"#;

    /// A fraud warning.
    FraudWarning FraudWarningEventData {
        id: FraudWarningId,
        order_id: OrderId,
        payment_id: PaymentId,
        /// The card's issuer's, in the provider's word.
        fraud_type: String,
        /// Whether a refund would still keep a dispute away.
        actionable: bool,
    } = r#"{"id": "fw_0192f0c1000070008000000000000001", "order_id": "ord_0192f0c1000070008000000000000001",
            "payment_id": "pay_0192f0c1000070008000000000000001", "fraud_type": "made_with_stolen_card",
            "actionable": true}"#;

    /// A refund.
    Refund RefundEventData {
        id: RefundId,
        order_id: OrderId,
        /// The payment whose money it is of; null where the order had it in credit.
        payment_id: Option<PaymentId>,
        /// The credit that the buyer gets; null where it is money that goes back.
        credit_id: Option<CreditId>,
        state: String,
        amount: Money,
        /// Numbers of the order's items; empty for late money and for a part given back at the provider.
        items: Vec<i16>,
        /// Your own words; `late_payment` for late money.
        reason: Option<String>,
        /// The failed refund that this one makes good.
        retry_of: Option<RefundId>,
        /// The provider's word for why it failed.
        failure_reason: Option<String>,
        /// Of the tax in the prices of the tickets, what goes back with it; null where none was told.
        ticket_tax: Option<Money>,
    } = r#"{"id": "ref_0192f0c1000070008000000000000001", "order_id": "ord_0192f0c1000070008000000000000001",
            "payment_id": "pay_0192f0c1000070008000000000000001", "credit_id": null, "state": "succeeded",
            "amount": {"amount": "50.00", "currency": "EUR"}, "items": [1], "reason": "cannot come",
            "retry_of": null, "failure_reason": null, "ticket_tax": {"amount": "4.13", "currency": "EUR"}}"#;

    /// A payout.
    Payout PayoutEventData {
        id: PayoutId,
        state: String,
        amount: Money,
        /// Whether the schedule made it.
        by_schedule: bool,
        paid_at: Option<Instant>,
        /// The provider's word for why it failed.
        failure_code: Option<String>,
    } = r#"{"id": "po_0192f0c1000070008000000000000001", "state": "created",
            "amount": {"amount": "91.47", "currency": "EUR"}, "by_schedule": true, "paid_at": null, "failure_code": null}"#;

    /// A performance.
    Performance PerformanceEventData {
        id: PerformanceId,
        show_id: ShowId,
        venue_id: VenueId,
        state: String,
        doors_at: Instant,
        starts_at: Instant,
        ends_at: Instant,
        /// The venue's, by its name in the IANA database.
        time_zone: String,
        on_sale_at: Instant,
        off_sale_at: Instant,
        /// Holds and unpaid orders from before then were ended, if any were.
        checkouts_ended_at: Option<Instant>,
    } = r#"{"id": "perf_0192f0c1000070008000000000000001", "show_id": "show_0192f0c1000070008000000000000001",
            "venue_id": "ven_0192f0c1000070008000000000000001", "state": "open", "doors_at": "2027-05-01T17:00:00Z",
            "starts_at": "2027-05-01T17:30:00Z", "ends_at": "2027-05-01T20:30:00Z", "time_zone": "Europe/Amsterdam",
            "on_sale_at": "2027-03-01T09:00:00Z", "off_sale_at": "2027-05-01T17:30:00Z", "checkouts_ended_at": null}"#;

    /// A performance that was added.
    PerformanceCreated PerformanceCreatedEventData {
        id: PerformanceId,
        show_id: ShowId,
        venue_id: VenueId,
        state: String,
        doors_at: Instant,
        starts_at: Instant,
        ends_at: Instant,
        /// The venue's, by its name in the IANA database.
        time_zone: String,
        on_sale_at: Instant,
        off_sale_at: Instant,
        /// Holds and unpaid orders from before then were ended, if any were.
        checkouts_ended_at: Option<Instant>,
        /// How many were created with it.
        tickets: i64,
        /// The performance that it was copied from, if it is an extra date.
        like: Option<PerformanceId>,
    } = r#"{"id": "perf_0192f0c1000070008000000000000001", "show_id": "show_0192f0c1000070008000000000000001",
            "venue_id": "ven_0192f0c1000070008000000000000001", "state": "open", "doors_at": "2027-05-01T17:00:00Z",
            "starts_at": "2027-05-01T17:30:00Z", "ends_at": "2027-05-01T20:30:00Z", "time_zone": "Europe/Amsterdam",
            "on_sale_at": "2027-03-01T09:00:00Z", "off_sale_at": "2027-05-01T17:30:00Z", "checkouts_ended_at": null,
            "tickets": 1000, "like": null}"#;

    /// A performance that was archived.
    PerformanceArchived PerformanceArchivedEventData {
        id: PerformanceId,
        show_id: ShowId,
        venue_id: VenueId,
        state: String,
        doors_at: Instant,
        starts_at: Instant,
        ends_at: Instant,
        /// The venue's, by its name in the IANA database.
        time_zone: String,
        on_sale_at: Instant,
        off_sale_at: Instant,
        /// Holds and unpaid orders from before then were ended, if any were.
        checkouts_ended_at: Option<Instant>,
        archived_at: Instant,
        /// How many it has, sold or not.
        tickets: i64,
    } = r#"{"id": "perf_0192f0c1000070008000000000000001", "show_id": "show_0192f0c1000070008000000000000001",
            "venue_id": "ven_0192f0c1000070008000000000000001", "state": "open", "doors_at": "2027-05-01T17:00:00Z",
            "starts_at": "2027-05-01T17:30:00Z", "ends_at": "2027-05-01T20:30:00Z", "time_zone": "Europe/Amsterdam",
            "on_sale_at": "2027-03-01T09:00:00Z", "off_sale_at": "2027-05-01T17:30:00Z", "checkouts_ended_at": null,
            "archived_at": "2027-05-31T20:30:04Z", "tickets": 1000}"#;

    /// A performance that was moved to another time.
    PerformanceRescheduled PerformanceRescheduledEventData {
        id: PerformanceId,
        show_id: ShowId,
        venue_id: VenueId,
        state: String,
        doors_at: Instant,
        starts_at: Instant,
        ends_at: Instant,
        /// The venue's, by its name in the IANA database.
        time_zone: String,
        on_sale_at: Instant,
        off_sale_at: Instant,
        /// Holds and unpaid orders from before then were ended, if any were.
        checkouts_ended_at: Option<Instant>,
        rescheduling_id: ReschedulingId,
        /// When it was to start before.
        starts_before: Instant,
        /// Until when buyers may choose.
        decide_by: Instant,
        /// What is done for who has not chosen by then: `keep` or `refund`.
        default: String,
    } = r#"{"id": "perf_0192f0c1000070008000000000000001", "show_id": "show_0192f0c1000070008000000000000001",
            "venue_id": "ven_0192f0c1000070008000000000000001", "state": "open", "doors_at": "2027-05-08T17:00:00Z",
            "starts_at": "2027-05-08T17:30:00Z", "ends_at": "2027-05-08T20:30:00Z", "time_zone": "Europe/Amsterdam",
            "on_sale_at": "2027-03-01T09:00:00Z", "off_sale_at": "2027-05-08T17:30:00Z", "checkouts_ended_at": "2027-03-01T10:00:00Z",
            "rescheduling_id": "resch_0192f0c1000070008000000000000001", "starts_before": "2027-05-01T17:30:00Z",
            "decide_by": "2027-03-15T10:00:00Z", "default": "keep"}"#;

    /// A performance that does not take place.
    PerformanceCancelled PerformanceCancelledEventData {
        id: PerformanceId,
        show_id: ShowId,
        venue_id: VenueId,
        state: String,
        doors_at: Instant,
        starts_at: Instant,
        ends_at: Instant,
        /// The venue's, by its name in the IANA database.
        time_zone: String,
        on_sale_at: Instant,
        off_sale_at: Instant,
        /// Holds and unpaid orders from before then were ended, if any were.
        checkouts_ended_at: Option<Instant>,
        cancellation_id: CancellationId,
        /// What buyers may choose from: `refund`, `replacement`, `credit`.
        offered: Vec<String>,
        /// The performance whose tickets are the replacement.
        replacement_performance_id: Option<PerformanceId>,
        /// Until when buyers may choose.
        decide_by: Instant,
        /// What is done for who has not chosen by then: `refund`, `replacement` or `credit`.
        default: String,
    } = r#"{"id": "perf_0192f0c1000070008000000000000001", "show_id": "show_0192f0c1000070008000000000000001",
            "venue_id": "ven_0192f0c1000070008000000000000001", "state": "cancelled", "doors_at": "2027-05-08T17:00:00Z",
            "starts_at": "2027-05-08T17:30:00Z", "ends_at": "2027-05-08T20:30:00Z", "time_zone": "Europe/Amsterdam",
            "on_sale_at": "2027-03-01T09:00:00Z", "off_sale_at": "2027-05-08T17:30:00Z", "checkouts_ended_at": "2027-03-01T10:00:00Z",
            "cancellation_id": "canc_0192f0c1000070008000000000000001", "offered": ["refund", "replacement"],
            "replacement_performance_id": "perf_0192f0c1000070008000000000000002",
            "decide_by": "2027-03-15T10:00:00Z", "default": "refund"}"#;

    /// A performance that is no more.
    PerformanceDeleted PerformanceDeletedEventData {
        id: PerformanceId,
        show_id: ShowId,
    } = r#"{"id": "perf_0192f0c1000070008000000000000001", "show_id": "show_0192f0c1000070008000000000000001"}"#;

    /// A rescheduling that is done, with how many orders went which way.
    Rescheduling ReschedulingEventData {
        id: ReschedulingId,
        performance_id: PerformanceId,
        state: String,
        /// Whose buyers were told.
        orders: i64,
        kept: i64,
        refunded: i64,
        /// That could not be given back.
        problems: i64,
    } = r#"{"id": "resch_0192f0c1000070008000000000000001", "performance_id": "perf_0192f0c1000070008000000000000001",
            "state": "done", "orders": 120, "kept": 111, "refunded": 9, "problems": 0}"#;

    /// Stock kept off open sale.
    Block BlockEventData {
        id: BlockId,
        performance_id: PerformanceId,
        name: String,
        /// `house`, `technical`, `kill`; `allocation` where it is for one seller.
        reason: String,
        /// The channel that alone may sell it.
        channel: Option<String>,
        /// The key with which alone it may be sold.
        api_key_id: Option<ApiKeyId>,
        /// How many were put in it.
        tickets: i32,
        /// When it goes back to open sale by itself.
        release_at: Option<Instant>,
        state: String,
        /// Of a released one: `released` or `due`.
        because: Option<String>,
    } = r#"{"id": "blk_0192f0c1000070008000000000000001", "performance_id": "perf_0192f0c1000070008000000000000001",
            "name": "Box office", "reason": "allocation", "channel": "box office", "api_key_id": null, "tickets": 40,
            "release_at": "2027-03-01T12:00:00Z", "state": "active", "because": null}"#;

    /// A performance that has opened, and how many were told so.
    InterestTold InterestToldEventData {
        id: PerformanceId,
        show_id: ShowId,
        /// Null: its sale as a whole.
        sale_round_id: Option<SaleRoundId>,
        /// How many addresses.
        told: i32,
    } = r#"{"id": "perf_0192f0c1000070008000000000000001", "show_id": "show_0192f0c1000070008000000000000001", "sale_round_id": null, "told": 412}"#;

    /// A party on a waitlist.
    WaitlistEntry WaitlistEntryEventData {
        id: WaitlistEntryId,
        performance_id: PerformanceId,
        state: String,
        /// How many.
        tickets: i16,
        /// The reseller's own word for the buyer.
        buyer_reference: Option<String>,
        /// The offer.
        hold_id: Option<HoldId>,
        /// Until when the offer stands.
        offer_ends_at: Option<Instant>,
    } = r#"{"id": "wait_0192f0c1000070008000000000000001", "performance_id": "perf_0192f0c1000070008000000000000001",
            "state": "offered", "tickets": 2, "buyer_reference": "b-17", "hold_id": "hold_0192f0c1000070008000000000000001",
            "offer_ends_at": "2027-03-01T12:00:00Z"}"#;

    /// A cancellation that is done, with how many orders went which way.
    Cancellation CancellationEventData {
        id: CancellationId,
        performance_id: PerformanceId,
        state: String,
        /// All that had tickets.
        orders: i64,
        /// Given back, or to be; or void, where there was nothing to give back.
        refunded: i64,
        /// With equal tickets of another performance.
        replaced: i64,
        /// With credit for what was paid.
        credited: i64,
        /// That could not get what was decided; they are none of the others.
        problems: i64,
    } = r#"{"id": "canc_0192f0c1000070008000000000000001", "performance_id": "perf_0192f0c1000070008000000000000001",
            "state": "done", "orders": 120, "refunded": 101, "replaced": 9, "credited": 10, "problems": 0}"#;

    /// Offers of a performance that share a capacity.
    Pool PoolEventData {
        id: PoolId,
        performance_id: PerformanceId,
        name: String,
        capacity: i32,
        offer_ids: Vec<OfferId>,
    } = r#"{"id": "pool_0192f0c1000070008000000000000001", "performance_id": "perf_0192f0c1000070008000000000000001",
            "name": "Concessions", "capacity": 50, "offer_ids": ["offer_0192f0c1000070008000000000000001"]}"#;

    /// A promotion.
    Promotion PromotionEventData {
        id: PromotionId,
        code: String,
        name: String,
        /// What it takes off, in percent.
        percent: Option<String>,
        /// What it takes off, as an amount.
        amount: Option<Money>,
        starts_at: Option<Instant>,
        ends_at: Option<Instant>,
        max_uses: Option<i32>,
        max_per_buyer: Option<i32>,
        /// Empty: all.
        offer_ids: Vec<OfferId>,
    } = r#"{"id": "promo_0192f0c1000070008000000000000001", "code": "SPRING", "name": "Spring", "percent": "10", "amount": null,
            "starts_at": null, "ends_at": "2027-04-01T00:00:00Z", "max_uses": 500, "max_per_buyer": null, "offer_ids": []}"#;

    /// A question that a show asks its buyers.
    Question QuestionEventData {
        id: QuestionId,
        show_id: ShowId,
        text: String,
        /// `text`, `number`, `date`, `yes_no` or `choice`.
        kind: String,
        choices: Vec<String>,
        required: bool,
        /// Whether it is no longer asked.
        retired: bool,
    } = r#"{"id": "qst_0192f0c1000070008000000000000001", "show_id": "show_0192f0c1000070008000000000000001",
            "text": "Any diet?", "kind": "choice", "choices": ["none", "vegan"], "required": false, "retired": false}"#;

    /// A sale round of a performance.
    SaleRound SaleRoundEventData {
        id: SaleRoundId,
        performance_id: PerformanceId,
        name: String,
        /// Null: when the round before it has closed, or has fewer tickets left than are wanted.
        opens_at: Option<Instant>,
        /// Null: with the performance's sale.
        closes_at: Option<Instant>,
        /// How many tickets it sells; null: as many as there are.
        capacity: Option<i32>,
        /// `anyone`, `codes` or `list`.
        access: String,
        prices: Vec<SaleRoundPrice>,
    } = r#"{"id": "round_0192f0c1000070008000000000000001", "performance_id": "perf_0192f0c1000070008000000000000001",
            "name": "Early birds", "opens_at": "2027-02-01T09:00:00Z", "closes_at": "2027-03-01T09:00:00Z", "capacity": 100,
            "access": "anyone",
            "prices": [{"offer_id": "offer_0192f0c1000070008000000000000001", "price": {"amount": "45.00", "currency": "EUR"}}]}"#;

    /// A settlement.
    Settlement SettlementEventData {
        id: SettlementId,
        /// Counts the settlements of the currency.
        number: i32,
        currency: String,
        /// When the period before it ended; null for the first.
        begins_at: Option<Instant>,
        ends_at: Instant,
        closed_at: Instant,
        rows: i64,
        opening_balance: Money,
        closing_balance: Money,
        /// The SHA-256 of its rows as JSON lines.
        jsonl_sha256: String,
        /// The SHA-256 of its rows as CSV.
        csv_sha256: String,
    } = r#"{"id": "stl_0192f0c1000070008000000000000001", "number": 3, "currency": "EUR", "begins_at": "2027-02-28T23:00:00Z",
            "ends_at": "2027-03-31T22:00:00Z", "closed_at": "2027-03-31T22:00:01Z", "rows": 1204,
            "opening_balance": {"amount": "1043.20", "currency": "EUR"},
            "closing_balance": {"amount": "2310.07", "currency": "EUR"},
            "jsonl_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "csv_sha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"}"#;

    /// A show.
    Show ShowEventData {
        id: ShowId,
        title: String,
        description: String,
        currency: String,
        state: String,
        visibility: String,
        /// Before it only you see it.
        public_from: Option<Instant>,
        ticket_types: Vec<TicketType>,
    } = r#"{"id": "show_0192f0c1000070008000000000000001", "title": "Hamlet", "description": "", "currency": "EUR",
            "state": "published", "visibility": "public", "public_from": null,
            "ticket_types": [{"id": "tt_0192f0c1000070008000000000000001", "name": "adult"}]}"#;

    /// A show that is no more.
    ShowDeleted ShowDeletedEventData {
        id: ShowId,
    } = r#"{"id": "show_0192f0c1000070008000000000000001"}"#;

    /// A layout of a venue.
    Layout LayoutEventData {
        id: LayoutId,
        venue_id: VenueId,
        name: String,
        /// The version that the event is about: `id`, `number`, `state`, `effective_from`.
        #[schema(value_type = Option<Object>)]
        layout_version: Option<serde_json::Value>,
    } = r#"{"id": "lay_0192f0c1000070008000000000000001", "venue_id": "ven_0192f0c1000070008000000000000001",
            "name": "Concert", "layout_version": null}"#;

    /// A performance that follows a new version of its layout.
    LayoutChanged LayoutChangedEventData {
        id: PerformanceId,
        show_id: ShowId,
        layout_id: LayoutId,
        layout_version_id: LayoutVersionId,
    } = r#"{"id": "perf_0192f0c1000070008000000000000001", "show_id": "show_0192f0c1000070008000000000000001",
            "layout_id": "lay_0192f0c1000070008000000000000001",
            "layout_version_id": "layv_0192f0c1000070008000000000000001"}"#;

    /// A performance that got something more to sell.
    OffersAdded OffersAddedEventData {
        id: PerformanceId,
        offers: Vec<AddedOffer>,
    } = r#"{"id": "perf_0192f0c1000070008000000000000001", "offers": [
            {"id": "offer_0192f0c1000070008000000000000001", "price_tier_id": "tier_0192f0c1000070008000000000000001",
             "price_tier": "stalls", "ticket_type": "child", "price": {"amount": "25.00", "currency": "EUR"}, "tax_rate": "9"}]}"#;

    /// A performance whose tickets were deleted or moved.
    TicketsChanged TicketsChangedEventData {
        id: PerformanceId,
        /// How many, if they were deleted.
        deleted: Option<i64>,
        /// How many, if they were moved.
        moved: Option<i64>,
        /// To which tier they were moved.
        price_tier: Option<String>,
        /// To which section they were moved.
        section: Option<String>,
    } = r#"{"id": "perf_0192f0c1000070008000000000000001", "deleted": 10, "moved": null, "price_tier": null,
            "section": null}"#;

    /// A support case; nothing that was written of it.
    SupportCase SupportCaseEventData {
        id: SupportCaseId,
        state: CaseState,
        category: Category,
        order_id: Option<OrderId>,
        /// The order's ticket that it is about.
        item_no: Option<i16>,
        payment_id: Option<PaymentId>,
        payout_id: Option<PayoutId>,
        /// How many messages it has.
        messages: i32,
    } = r#"{"id": "case_0192f0c1000070008000000000000001", "state": "open", "category": "payouts",
            "order_id": null, "item_no": null, "payment_id": null,
            "payout_id": "po_0192f0c1000070008000000000000001", "messages": 1}"#;

    /// Something that the reseller has to see to.
    Task TaskEventData {
        id: TaskId,
        /// `layout_clash`.
        kind: String,
        /// `open` or `done`.
        state: String,
        venue_id: VenueId,
        performance_id: PerformanceId,
        layout_version_id: LayoutVersionId,
        /// How many tickets are in the way.
        tickets_count: i64,
        /// The first hundred of them: `ticket_id`, `section`, `row`, `seat`, `state`, `order_id`.
        #[schema(value_type = Vec<Object>)]
        tickets: Vec<serde_json::Value>,
        /// Where more are sold or held than would fit: `section`, `taken`, `maximum`.
        #[schema(value_type = Vec<Object>)]
        too_many: Vec<serde_json::Value>,
    } = r#"{"id": "task_0192f0c1000070008000000000000001", "kind": "layout_clash", "state": "open",
            "venue_id": "ven_0192f0c1000070008000000000000001",
            "performance_id": "perf_0192f0c1000070008000000000000001",
            "layout_version_id": "layv_0192f0c1000070008000000000000001", "tickets_count": 0, "tickets": [],
            "too_many": []}"#;

    /// A ticket that was bought while somebody was looking.
    TicketPurchased TicketPurchasedEventData {
        id: TicketId,
        performance_id: PerformanceId,
        order_id: OrderId,
        /// How many live streams named the ticket, the buyer's own among them.
        looking: i64,
        /// How many live streams of the performance there were.
        looking_at_performance: i64,
    } = r#"{"id": "tkt_0192f0c1000070008000000000000001", "performance_id": "perf_0192f0c1000070008000000000000001",
            "order_id": "ord_0192f0c1000070008000000000000001", "looking": 12, "looking_at_performance": 340}"#;

    /// A ticket that lets nobody in any more.
    TicketVoided TicketVoidedEventData {
        id: TicketId,
        performance_id: PerformanceId,
        order_id: OrderId,
        /// The number of the order's item.
        item_no: i16,
        /// The refund by which it was given back; null where it was made void without money.
        refund_id: Option<RefundId>,
    } = r#"{"id": "tkt_0192f0c1000070008000000000000001", "performance_id": "perf_0192f0c1000070008000000000000001",
            "order_id": "ord_0192f0c1000070008000000000000001", "item_no": 1,
            "refund_id": "ref_0192f0c1000070008000000000000001"}"#;

    /// A ticket with which somebody has entered, or of which that was taken back.
    TicketAtTheDoor TicketAtTheDoorEventData {
        id: TicketId,
        performance_id: PerformanceId,
        order_id: OrderId,
        /// The number of the order's item.
        item_no: i16,
        /// The right to enter that was shown.
        credential_id: CredentialId,
        /// When it was scanned, which may be earlier than it was told.
        checked_in_at: Instant,
        /// Where, in the door's own word.
        gate: Option<String>,
    } = r#"{"id": "tkt_0192f0c1000070008000000000000001", "performance_id": "perf_0192f0c1000070008000000000000001",
            "order_id": "ord_0192f0c1000070008000000000000001", "item_no": 1,
            "credential_id": "crd_0192f0c1000070008000000000000001",
            "checked_in_at": "2027-05-01T17:31:00Z", "gate": "North 2"}"#;

    /// A ticket of an order that has another owner, or is another ticket now.
    TicketOwned TicketOwnedEventData {
        /// The ticket now.
        id: TicketId,
        performance_id: PerformanceId,
        order_id: OrderId,
        /// The number of the order's item.
        item_no: i16,
        /// The right to enter that is good now.
        credential_id: CredentialId,
        /// The one before; the same where only a name was corrected, and else no longer good.
        credential_before: CredentialId,
    } = r#"{"id": "tkt_0192f0c1000070008000000000000001", "performance_id": "perf_0192f0c1000070008000000000000001",
            "order_id": "ord_0192f0c1000070008000000000000001", "item_no": 1,
            "credential_id": "crd_0192f0c1000070008000000000000002",
            "credential_before": "crd_0192f0c1000070008000000000000001"}"#;

    /// The account in this environment.
    Reseller ResellerEventData {
        id: ResellerId,
        account_id: AccountId,
        mode: Mode,
        state: ResellerState,
    } = r#"{"id": "rs_0192f0c1000070008000000000000001", "account_id": "acct_0192f0c1000070008000000000000001",
            "mode": "test", "state": "active"}"#;

    /// A test environment's clock.
    Clock TestClockEventData {
        id: ResellerId,
        now: Instant,
    } = r#"{"id": "rs_0192f0c1000070008000000000000001", "now": "2027-03-01T10:00:00Z"}"#;
}
