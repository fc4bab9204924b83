//! What a buyer is told by e-mail about an order: the facts as they were when it happened, for whoever writes them out.
//!
//! Nothing in here pays or opens anything: no client secret, no payment page, no code of a ticket.

use std::collections::HashMap;

use foundation::{
    Instant, Money,
    id::{CreditId, OrderId, PerformanceId, PromotionId},
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    as_text,
    cancellation::Remedy,
    order::{Order, OrderState, Place},
    payment::Refund,
    rescheduling::Decision,
};

/// A letter about an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// What there is to tell.
    pub news: News,
    /// The order.
    pub order: OrderId,
    /// The reseller's own name for it, which the buyer may know.
    pub reference: Option<String>,
    /// The buyer's name.
    pub buyer_name: Option<String>,
    /// What was ordered, performance by performance, earliest first.
    pub performances: Vec<PerformanceTold>,
    /// What the order costs, all in.
    pub total: Money,
    /// What was taken off the tickets' prices, promotion by promotion; only where it is confirmed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discounts: Vec<DiscountTold>,
    /// The fees among the total that the buyer pays, if there are any; only where it is confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fees: Option<Money>,
}

/// A discount as a letter tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscountTold {
    /// What the promotion is called; none for what the seller gives away.
    pub promotion: Option<String>,
    /// How much it has taken off.
    pub amount: Money,
}

/// What there is to tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum News {
    /// It is paid, the tickets are the buyer's.
    OrderConfirmed,
    /// A try to pay was declined; another one may succeed.
    PaymentFailed {
        /// Why.
        reason: DeclineReason,
        /// Until when the buyer can try again.
        pay_by: Instant,
    },
    /// It was not paid in time.
    OrderExpired {
        /// Whether a payment was still being decided, so that the buyer may yet be charged.
        payment_under_way: bool,
    },
    /// It was called off before it was paid.
    OrderCancelled,
    /// Money was given back for some tickets, which are void.
    TicketsRefunded {
        /// How much.
        amount: Money,
        /// Which items.
        items: Vec<i16>,
    },
    /// Money was given back for no ticket in particular.
    AmountRefunded {
        /// How much.
        amount: Money,
        /// Whether there are tickets that stay good.
        tickets_stay: bool,
    },
    /// Money that was on its way back did not get there.
    RefundFailed {
        /// How much.
        amount: Money,
        /// Which items it was for; none for money that was for no ticket.
        items: Vec<i16>,
    },
    /// A performance was moved to another time, and the tickets with it.
    PerformanceRescheduled {
        /// The show's title.
        title: String,
        /// When it would have started.
        before: Instant,
        /// When it starts now.
        starts_at: Instant,
        /// Until when the buyer may choose.
        decide_by: Instant,
        /// What becomes of the tickets if the buyer does not.
        default: Decision,
    },
    /// A performance does not take place.
    PerformanceCancelled {
        /// The show's title.
        title: String,
        /// When it would have started.
        starts_at: Instant,
        /// When the performance starts of which equal tickets are kept for the buyer; none where there are none.
        replacement: Option<Instant>,
        /// What the buyer may choose from; one where there is nothing to choose.
        open: Vec<Remedy>,
        /// Until when the buyer may choose; none where there is nothing to choose.
        decide_by: Option<Instant>,
        /// What the buyer gets, or gets without choosing.
        default: Remedy,
    },
    /// The buyer got credit for what was paid.
    CreditGiven {
        /// How much.
        amount: Money,
        /// The credit.
        credit: CreditId,
        /// What the buyer pays with. It is never in the outbox: whoever sends the letter puts it in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// For which items; none for an amount of no ticket in particular.
        items: Vec<i16>,
    },
    /// Somebody gave the reader a ticket.
    TicketReceived,
    /// The reader's ticket is somebody else's now.
    TicketGivenAway,
    /// The reader has another ticket instead of the one before.
    TicketExchanged,
    /// The reader's ticket opens nothing any more.
    TicketVoided,
    /// Money that could not be used is on its way back.
    PaymentReturned {
        /// How much.
        amount: Money,
        /// Why it could not be used.
        reason: ReturnReason,
    },
}

impl News {
    /// Whether it is about one ticket, for whoever owns or owned that, and not about the order and what it cost.
    #[must_use]
    pub fn is_of_a_ticket(&self) -> bool {
        matches!(self, Self::TicketReceived | Self::TicketGivenAway | Self::TicketExchanged | Self::TicketVoided)
    }

    /// The letter's kind, as in the outbox.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::OrderConfirmed => "order_confirmed",
            Self::PaymentFailed { .. } => PAYMENT_FAILED,
            Self::OrderExpired { .. } => "order_expired",
            Self::OrderCancelled => "order_cancelled",
            Self::TicketsRefunded { .. } => "tickets_refunded",
            Self::AmountRefunded { .. } => "amount_refunded",
            Self::RefundFailed { .. } => "refund_failed",
            Self::PerformanceRescheduled { .. } => "performance_rescheduled",
            Self::PerformanceCancelled { .. } => "performance_cancelled",
            Self::CreditGiven { .. } => "credit_given",
            Self::TicketReceived => "ticket_received",
            Self::TicketGivenAway => "ticket_given_away",
            Self::TicketExchanged => "ticket_exchanged",
            Self::TicketVoided => "ticket_voided",
            Self::PaymentReturned { .. } => "payment_returned",
        }
    }
}

/// The kind of letter that whatever comes after it makes untrue.
pub const PAYMENT_FAILED: &str = "payment_failed";

/// Why a try to pay was declined, as far as a buyer can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclineReason {
    /// There is not enough money.
    InsufficientFunds,
    /// The card is past its date.
    ExpiredCard,
    /// Number, date or security code was mistyped.
    CardDetails,
    /// The buyer did not confirm it with the bank.
    NotConfirmed,
    /// The bank says no more than no.
    Declined,
}

impl DeclineReason {
    /// What the provider's code means for the buyer. What tells of suspicion (a stolen card) is told as a mere no.
    #[must_use]
    pub fn of(code: &str) -> Self {
        match code {
            "insufficient_funds" | "card_velocity_exceeded" | "withdrawal_count_limit_exceeded" => {
                Self::InsufficientFunds
            }
            "expired_card" => Self::ExpiredCard,
            "incorrect_number"
            | "invalid_number"
            | "incorrect_cvc"
            | "invalid_cvc"
            | "invalid_expiry_month"
            | "invalid_expiry_year"
            | "incorrect_zip" => Self::CardDetails,
            "authentication_required" | "payment_intent_authentication_failure" => Self::NotConfirmed,
            _ => Self::Declined,
        }
    }
}

/// Why money could not be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnReason {
    /// The order was paid before.
    PaidBefore,
    /// It came after the order had ended, and the tickets are another's.
    TooLate,
    /// It was not the order's total.
    OtherAmount,
}

as_text! {
    ReturnReason { PaidBefore = "paid_before", TooLate = "late_payment", OtherAmount = "other_amount" }
}

impl ReturnReason {
    /// Why this much money cannot buy the order.
    #[must_use]
    pub fn of(order: &Order, amount: Money) -> Self {
        match order.state {
            OrderState::Paid => Self::PaidBefore,
            _ if amount.amount() != order.by_payment() => Self::OtherAmount,
            _ => Self::TooLate,
        }
    }

    /// Why this refund of no ticket was made, if it is one of money that could not be used. A refund of tickets has the reseller's
    /// own words for its reason.
    #[must_use]
    pub fn of_refund(refund: &Refund) -> Option<Self> {
        if refund.items.is_empty() { Self::parse(&refund.reason) } else { None }
    }
}

/// A performance as a letter tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerformanceTold {
    /// Its id.
    pub id: PerformanceId,
    /// The show's title.
    pub title: String,
    /// Where it is.
    pub venue: String,
    /// In which town.
    pub city: String,
    /// When the doors open.
    pub doors_at: Instant,
    /// When it starts.
    pub starts_at: Instant,
    /// The venue's time zone, in which times are told.
    pub time_zone: String,
    /// The order's tickets for it.
    pub tickets: Vec<TicketTold>,
}

impl PerformanceTold {
    /// Those of these performances that an order has tickets for, with its tickets.
    #[must_use]
    pub fn of_order(all: &[Self], order: &Order) -> Vec<Self> {
        let of_it = |told: &&Self| order.items.iter().any(|item| item.held.performance == told.id);
        let mut performances: Vec<Self> = all.iter().filter(of_it).cloned().collect();
        for performance in &mut performances {
            let its = order.items.iter().filter(|item| item.held.performance == performance.id);
            performance.tickets = its
                .map(|item| {
                    let Place { section, row, seat } = item.place.clone();
                    let total = Money::rounded(item.total, order.currency);
                    TicketTold { item_no: item.no, ticket_type: item.ticket_type.clone(), section, row, seat, total }
                })
                .collect();
        }
        performances
    }
}

/// A ticket as a letter tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketTold {
    /// Its number within the order.
    pub item_no: i16,
    /// Whom it is for.
    pub ticket_type: String,
    /// Section or general admission area.
    pub section: String,
    /// Row, for a seat.
    pub row: Option<String>,
    /// Seat, for a seat.
    pub seat: Option<String>,
    /// What the buyer pays for it, all in.
    pub total: Money,
}

impl Letter {
    /// The letter about this order, whose performances come with their tickets.
    #[must_use]
    pub fn of(order: &Order, performances: Vec<PerformanceTold>, news: News) -> Self {
        Self {
            news,
            order: order.id,
            reference: order.reference.clone(),
            buyer_name: order.buyer.name.clone(),
            performances,
            total: Money::rounded(order.total, order.currency),
            discounts: Vec::new(),
            fees: None,
        }
    }

    /// The same with what the total is made of, where promotions have these names.
    #[must_use]
    pub fn with_parts(mut self, order: &Order, names: &HashMap<PromotionId, String>) -> Self {
        let mut discounts: Vec<(Option<PromotionId>, Decimal)> = Vec::new();
        for item in order.items.iter().filter(|item| !item.discount.is_zero()) {
            match discounts.iter_mut().find(|(of, _)| *of == item.held.promotion) {
                Some((_, sum)) => *sum += item.discount,
                None => discounts.push((item.held.promotion, item.discount)),
            }
        }
        let told = |(of, sum): (Option<PromotionId>, Decimal)| DiscountTold {
            promotion: of.and_then(|of| names.get(&of).cloned()),
            amount: Money::rounded(sum, order.currency),
        };
        self.discounts = discounts.into_iter().map(told).collect();
        let fees: Decimal = order.items.iter().map(|item| item.buyer_fee).sum();
        self.fees = (!fees.is_zero()).then(|| Money::rounded(fees, order.currency));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_read_back_and_says_its_kind() {
        let amount: Money = serde_json::from_str(r#"{"amount":"1.00","currency":"EUR"}"#).unwrap();
        for news in [
            News::OrderConfirmed,
            News::PaymentFailed { reason: DeclineReason::Declined, pay_by: Instant::from_micros(0) },
            News::OrderExpired { payment_under_way: false },
            News::OrderCancelled,
            News::TicketsRefunded { amount, items: vec![1] },
            News::AmountRefunded { amount, tickets_stay: true },
            News::RefundFailed { amount, items: vec![1] },
            News::PerformanceRescheduled {
                title: "Hamlet".to_owned(),
                before: Instant::from_micros(0),
                starts_at: Instant::from_micros(1),
                decide_by: Instant::from_micros(1),
                default: Decision::Keep,
            },
            News::PaymentReturned { amount, reason: ReturnReason::TooLate },
            News::PerformanceCancelled {
                title: "Hamlet".to_owned(),
                starts_at: Instant::from_micros(0),
                replacement: Some(Instant::from_micros(1)),
                open: vec![Remedy::Refund, Remedy::Replacement],
                decide_by: None,
                default: Remedy::Refund,
            },
            News::CreditGiven { amount, credit: CreditId::new(), code: None, items: vec![1] },
            News::TicketReceived,
            News::TicketGivenAway,
            News::TicketExchanged,
            News::TicketVoided,
        ] {
            let written = serde_json::to_value(&news).unwrap();
            assert_eq!(written["kind"], news.kind());
            assert_eq!(serde_json::from_value::<News>(written).unwrap(), news);
        }
    }

    #[test]
    fn a_decline_says_what_the_buyer_can_do_and_nothing_of_suspicion() {
        assert_eq!(DeclineReason::of("insufficient_funds"), DeclineReason::InsufficientFunds);
        assert_eq!(DeclineReason::of("incorrect_cvc"), DeclineReason::CardDetails);
        for code in ["stolen_card", "lost_card", "fraudulent", "card_declined", "what comes next year"] {
            assert_eq!(DeclineReason::of(code), DeclineReason::Declined, "{code}");
        }
    }
}
