//! Payments, refunds, disputes and fraud warnings: what they are, how their states may move, and what a buyer can do after a
//! try that failed.

use accounting::DisputedMoney;
use foundation::{
    Instant, Money, Refusal,
    id::{CreditId, DisputeId, FraudWarningId, OrderId, PaymentId, RefundId},
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    order::{Order, RefundPolicy},
    states,
};

states! {
    /// A payment's life; one payment may see several declined tries before it succeeds.
    PaymentState {
        /// The provider has been, or is about to be, asked to create it.
        Creating = "creating" -> [RequiresPayment, RequiresAction, Processing, Succeeded, Cancelling, Cancelled];
        /// The buyer may pay.
        RequiresPayment = "requires_payment" -> [RequiresAction, Processing, Succeeded, Cancelling, Cancelled];
        /// The buyer's bank wants to be asked first (3-D Secure); the buyer may also begin anew.
        RequiresAction = "requires_action" -> [RequiresPayment, Processing, Succeeded, Cancelling, Cancelled];
        /// The provider is deciding.
        Processing = "processing" -> [RequiresPayment, RequiresAction, Succeeded, Cancelling, Cancelled];
        /// The order ends: the provider has been asked to cancel it; it may still succeed.
        Cancelling = "cancelling" -> [Processing, Succeeded, Cancelled];
        /// Paid.
        Succeeded = "succeeded" -> [];
        /// It can no longer be paid.
        Cancelled = "cancelled" -> [Succeeded];
    }
    /// A refund's life.
    RefundState {
        /// Booked, and on its way to the provider or there.
        Pending = "pending" -> [Succeeded, Failed];
        /// The buyer has the money.
        Succeeded = "succeeded" -> [Failed];
        /// The provider could not give it back.
        Failed = "failed" -> [];
    }
    /// A dispute's life, as the provider tells it: the buyer's bank wants the money back.
    DisputeState {
        /// Asked about, not yet disputed; an answer may avert it.
        Inquiry = "inquiry" -> [NeedsResponse, UnderReview, Won, Lost, Closed];
        /// The money is withdrawn; evidence can be handed in.
        NeedsResponse = "needs_response" -> [UnderReview, Won, Lost];
        /// The bank decides.
        UnderReview = "under_review" -> [NeedsResponse, Won, Lost, Closed];
        /// The money is back.
        Won = "won" -> [];
        /// The money is the buyer's.
        Lost = "lost" -> [Won];
        /// An inquiry that came to nothing.
        Closed = "closed" -> [];
    }
}

impl PaymentState {
    /// Whether money may still come, as far as we know.
    #[must_use]
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Succeeded | Self::Cancelled)
    }
}

impl DisputeState {
    /// Whether the buyer's bank has let the payment stand.
    #[must_use]
    pub fn is_averted(self) -> bool {
        matches!(self, Self::Won | Self::Closed)
    }

    /// Whether the money of the payment is with the buyer's bank, for now or for good.
    #[must_use]
    pub fn takes_the_money(self) -> bool {
        matches!(self, Self::NeedsResponse | Self::UnderReview | Self::Lost)
    }
}

/// How the buyer pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// In the shop's own page, by the provider's widget.
    ClientSecret,
    /// On the provider's hosted page.
    Page,
    /// Confirmed from the shop's server.
    Confirm,
}

impl Method {
    /// The word used in tables and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecret => "client_secret",
            Self::Page => "page",
            Self::Confirm => "confirm",
        }
    }

    /// Reads the word back.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::ClientSecret, Self::Page, Self::Confirm].into_iter().find(|method| method.as_str() == text)
    }
}

/// What the caller wants to pay with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// The buyer's browser confirms with the client secret.
    ClientSecret,
    /// The buyer goes to the provider's page and comes back to this address.
    Page {
        /// Where the buyer comes back to.
        return_url: WebAddress,
    },
    /// Confirmed at once with a payment method of the provider; the buyer's bank may want to see the buyer, who then comes back
    /// to this address.
    Confirm {
        /// The provider's id of the payment method (`pm_…`).
        payment_method: ProviderId,
        /// Where the buyer comes back to.
        return_url: WebAddress,
    },
}

impl Way {
    /// What is noted of it.
    #[must_use]
    pub fn method(&self) -> Method {
        match self {
            Self::ClientSecret => Method::ClientSecret,
            Self::Page { .. } => Method::Page,
            Self::Confirm { .. } => Method::Confirm,
        }
    }

    /// Where the buyer comes back to from the provider's page.
    #[must_use]
    pub fn page_return_url(&self) -> Option<&WebAddress> {
        match self {
            Self::Page { return_url } => Some(return_url),
            Self::ClientSecret | Self::Confirm { .. } => None,
        }
    }

    /// Whether an open payment can be paid in this way: a page, only if it leads back to the same place; others may be confirmed in the
    /// browser or from the server, whichever was meant first.
    #[must_use]
    pub fn fits(&self, payment: &Payment) -> bool {
        let on_a_page = |method| method == Method::Page;
        on_a_page(self.method()) == on_a_page(payment.method) && self.page_return_url() == payment.return_url.as_ref()
    }
}

/// An id that the provider gave out: letters, digits, `_` and `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderId(String);

impl ProviderId {
    /// Reads one.
    ///
    /// # Errors
    /// `invalid_field` at `pointer`.
    pub fn parse(text: String, pointer: &str) -> Result<Self, Refusal> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if text.is_empty() || text.len() > 255 || !text.bytes().all(fits) {
            return Err(Refusal::field(pointer, "must be an id of the payment provider, such as pm_…"));
        }
        Ok(Self(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An address that a buyer is sent to: `https://`, or `http://` on the developer's own machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebAddress(String);

impl WebAddress {
    /// Reads one.
    ///
    /// # Errors
    /// `invalid_field` at `pointer`.
    pub fn parse(text: &str, pointer: &str) -> Result<Self, Refusal> {
        let wrong = || {
            let detail = "must be an address of at most 2,000 bytes that begins with https:// (http:// for localhost)";
            Refusal::field(pointer, detail)
        };
        let url = url::Url::parse(text).map_err(|_| wrong())?;
        let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        let scheme = url.scheme() == "https" || (url.scheme() == "http" && here);
        let bare = url.username().is_empty() && url.password().is_none();
        if text.len() > 2_000 || !scheme || !bare || url.host_str().is_none() {
            return Err(wrong());
        }
        Ok(Self(url.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a try was declined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decline {
    /// The provider's code.
    pub code: String,
    /// Its words.
    pub message: String,
    /// Which try it was, by the provider's charge or by what was tried, so that it is told once however often we hear of it.
    pub which: String,
}

impl Decline {
    /// What the buyer can do, by the provider's code (Stripe's list of decline codes and the steps it names for each).
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self.code.as_str() {
            "insufficient_funds"
            | "card_velocity_exceeded"
            | "withdrawal_count_limit_exceeded"
            | "approve_with_id"
            | "call_issuer" => "The buyer's bank has declined; the buyer may ask it, or pay in another way.",
            "expired_card" | "lost_card" | "stolen_card" | "fraudulent" | "pickup_card" | "restricted_card" => {
                "This card cannot be used; the buyer needs another one."
            }
            "incorrect_cvc"
            | "invalid_cvc"
            | "incorrect_number"
            | "invalid_number"
            | "invalid_expiry_month"
            | "invalid_expiry_year"
            | "incorrect_zip" => "Something was mistyped; the buyer may enter the card again.",
            "processing_error" | "try_again_later" | "reenter_transaction" | "issuer_not_available" => {
                "It went wrong on the way; the same card may work in a moment."
            }
            "authentication_required" | "payment_intent_authentication_failure" => {
                "The buyer's bank wants the buyer to confirm; the buyer may try again and confirm, or pay in another way."
            }
            _ => "The buyer may try again, with another card or in another way.",
        }
    }
}

/// A payment as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// What it pays.
    pub order: OrderId,
    /// Which attempt at creating one this is, from 1.
    pub attempt: i16,
    /// Its state.
    pub state: PaymentState,
    /// How the buyer pays.
    pub method: Method,
    /// How much.
    pub amount: Money,
    /// What came: another amount than asked for goes back.
    pub received: Option<Money>,
    /// The provider's id of it, once created there. On its hosted page there is one only when the buyer has tried.
    pub provider_intent: Option<String>,
    /// The provider's id of its page.
    pub provider_session: Option<String>,
    /// Where the buyer comes back to from there.
    pub return_url: Option<WebAddress>,
    /// What the buyer's browser confirms with.
    pub client_secret: Option<String>,
    /// Where the buyer pays, on the provider's page.
    pub page_url: Option<String>,
    /// Where the buyer's bank wants to see the buyer.
    pub action_url: Option<String>,
    /// Why the last try was declined.
    pub decline: Option<Decline>,
    /// When it was made.
    pub created_at: Instant,
    /// Counts its changes.
    pub version: i64,
}

/// A refund as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Its id.
    pub id: RefundId,
    /// What is refunded.
    pub order: OrderId,
    /// The payment it goes back on, or the credit that it makes: one of the two.
    pub payment: Option<PaymentId>,
    /// The credit.
    pub credit: Option<CreditId>,
    /// How much.
    pub amount: Money,
    /// Which items of the order.
    pub items: Vec<i16>,
    /// Why.
    pub reason: String,
    /// What it does with the fees: the order's policy, but where a performance does not take place.
    pub policy: RefundPolicy,
    /// Of the tax in the prices, what goes back with it (major unit of the amount's currency); none where none was told.
    pub ticket_tax: Option<Decimal>,
    /// The failed refund that this one makes good.
    pub retry_of: Option<RefundId>,
    /// Its state.
    pub state: RefundState,
    /// The provider's id of it.
    pub provider_refund: Option<String>,
    /// Why it failed, in the provider's word (`lost_or_stolen_card`, `charge_already_refunded` …).
    pub failure_reason: Option<String>,
    /// When it was made.
    pub created_at: Instant,
    /// Counts its changes.
    pub version: i64,
}

impl Refund {
    /// One of this much of an order that is on its way from now on: of no ticket in particular, by no payment yet, with the order's own
    /// policy for the fees. What is otherwise, the caller says.
    pub(crate) fn of(order: &Order, amount: Money, reason: impl Into<String>, now: Instant) -> Self {
        Self {
            id: RefundId::new(),
            order: order.id,
            payment: None,
            credit: None,
            amount,
            items: Vec::new(),
            reason: reason.into(),
            policy: order.refund_policy,
            ticket_tax: None,
            retry_of: None,
            state: RefundState::Pending,
            provider_refund: None,
            failure_reason: None,
            created_at: now,
            version: 1,
        }
    }
}

/// A dispute as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// Its id.
    pub id: DisputeId,
    /// The order whose payment is disputed.
    pub order: OrderId,
    /// The payment.
    pub payment: PaymentId,
    /// The provider's id of it.
    pub provider_dispute: String,
    /// How much.
    pub amount: Money,
    /// The bank's reason, in the provider's word (`fraudulent`, `product_not_received` …).
    pub reason: String,
    /// Its state.
    pub state: DisputeState,
    /// Until when evidence is taken.
    pub evidence_due_by: Option<Instant>,
    /// Its money, in the major unit of the amount's currency.
    pub money: DisputedMoney,
    /// The provider's balance transactions that are in the books.
    pub transactions: Vec<String>,
    /// When we were told.
    pub created_at: Instant,
    /// Counts its changes.
    pub version: i64,
}

/// A fraud warning as it is told: the card's issuer believes that the payment was fraud; no money has moved yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FraudWarning {
    /// Its id.
    pub id: FraudWarningId,
    /// The order whose payment it is about.
    pub order: OrderId,
    /// The payment.
    pub payment: PaymentId,
    /// The provider's id of it.
    pub provider_warning: String,
    /// The issuer's kind of fraud, in the provider's word.
    pub fraud_type: String,
    /// Whether a refund now would still avert a dispute.
    pub actionable: bool,
    /// When we were told.
    pub created_at: Instant,
    /// Counts its changes.
    pub version: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_succeeded_stays_so() {
        assert!(PaymentState::Succeeded.next().is_empty());
        assert!(!RefundState::Failed.may_become(RefundState::Succeeded));
        assert!(PaymentState::Cancelled.may_become(PaymentState::Succeeded), "money that came late is still money");
    }

    #[test]
    fn a_buyer_is_sent_to_safe_addresses_only() {
        for good in ["https://shop.example/done?order=1", "http://localhost:3000/done", "http://127.0.0.1/x"] {
            assert!(WebAddress::parse(good, "/return_url").is_ok(), "{good}");
        }
        let long = format!("https://shop.example/{}", "x".repeat(2_000));
        for bad in
            ["", "shop.example", "http://shop.example/", "javascript:alert(1)", "https://u:p@shop.example/", &long]
        {
            assert!(WebAddress::parse(bad, "/return_url").is_err(), "{bad}");
        }
    }

    #[test]
    fn a_providers_id_is_one_word() {
        assert!(ProviderId::parse("pm_card_visa".to_owned(), "/payment_method").is_ok());
        for bad in ["", "pm card", "pm_1/../x", "pm_1&x=1"] {
            assert!(ProviderId::parse(bad.to_owned(), "/payment_method").is_err(), "{bad}");
        }
    }
}
