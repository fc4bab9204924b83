//! Holds and orders: what they are and how their states may move.

use std::collections::BTreeMap;

pub use accounting::RefundPolicy;

use accounting::{Channel, TaxRate, TicketTax};
use foundation::{
    Currency, Instant, Money, Refusal,
    id::{
        BlockId, FeeRuleId, HoldId, OfferId, OrderId, PerformanceId, PromotionId, QuestionId, SaleRoundId, ShowId,
        TicketId,
    },
    mail::Language,
    refusal::{Code, FieldErrors},
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    choose::{Line, Party, Together},
    layout::SeatAttribute,
    offer::Offer,
    payment::{Method, Payment, PaymentState},
    question::Question,
    seating::SeatKind,
    seating_note::SeatingNote,
    states,
    words::name,
};

/// The most tickets of one hold.
pub const HOLD_TICKETS_MAX: usize = 50;

states! {
    /// A hold's life.
    HoldState {
        /// The tickets are the buyer's until it expires.
        Active = "active" -> [Converted, Released, Expired];
        /// It has become an order.
        Converted = "converted" -> [];
        /// Given up.
        Released = "released" -> [];
        /// Its time ran out.
        Expired = "expired" -> [];
    }
    /// An order's life. What happens to the money is the payments' and refunds' own.
    OrderState {
        /// It can be paid until its deadline.
        AwaitingPayment = "awaiting_payment" -> [Processing, Paid, Expired, Cancelled];
        /// A payment is being decided; nothing else may change.
        Processing = "processing" -> [AwaitingPayment, Paid, Expired, Cancelled];
        /// The tickets are sold.
        Paid = "paid" -> [];
        /// The deadline passed.
        Expired = "expired" -> [Paid];
        /// Called off before it was paid.
        Cancelled = "cancelled" -> [Paid];
    }
    /// The right to enter that an order item became.
    Credential {
        /// Not paid yet.
        None = "none" -> [Issued];
        /// Good for one entry.
        Issued = "issued" -> [CheckedIn, Voided, Suspended];
        /// Used.
        CheckedIn = "checked_in" -> [Issued, Suspended];
        /// No longer good.
        Voided = "voided" -> [];
        /// Not good for now.
        Suspended = "suspended" -> [Issued, Voided];
    }
}

/// One ticket of a hold, as it is stored with the hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldTicket {
    /// The performance.
    #[serde(rename = "p")]
    pub performance: PerformanceId,
    /// The ticket.
    #[serde(rename = "t")]
    pub ticket: TicketId,
    /// The offer it is wanted under.
    #[serde(rename = "o")]
    pub offer: OfferId,
    /// The sale round it is sold in, where there are rounds.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub round: Option<SaleRoundId>,
    /// What takes something off its price.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    pub promotion: Option<PromotionId>,
    /// The allocation that it is taken from.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub block: Option<BlockId>,
}

impl HeldTicket {
    /// At the offer's own price.
    #[must_use]
    pub fn new(performance: PerformanceId, ticket: TicketId, offer: OfferId) -> Self {
        Self { performance, ticket, offer, round: None, promotion: None, block: None }
    }
}

/// What is wanted of a performance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// In which performance.
    pub performance: PerformanceId,
    /// Which tickets.
    pub pick: Pick,
}

/// Which tickets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// This one.
    Ticket {
        /// Under which offer.
        offer: OfferId,
        /// Which.
        ticket: TicketId,
        /// As a place of which kind: what is kept for somebody is asked for as that.
        kind: SeatKind,
    },
    /// Any so many, in this section if one is named.
    Any {
        /// Under which offer.
        offer: OfferId,
        /// How many.
        quantity: usize,
        /// The section.
        section: Option<String>,
    },
    /// The best for a party.
    Best(Party),
}

impl Pick {
    /// How many tickets.
    #[must_use]
    pub fn tickets(&self) -> usize {
        match self {
            Self::Ticket { .. } => 1,
            Self::Any { quantity, .. } => *quantity,
            Self::Best(party) => party.tickets(),
        }
    }

    /// The ticket that is named, if one is.
    #[must_use]
    pub fn named(&self) -> Option<TicketId> {
        match self {
            Self::Ticket { ticket, .. } => Some(*ticket),
            Self::Any { .. } | Self::Best(_) => None,
        }
    }

    /// Under which offers, and how many tickets of each; each offer once.
    #[must_use]
    pub fn offers(&self) -> Vec<(OfferId, usize)> {
        match self {
            Self::Ticket { offer, .. } => vec![(*offer, 1)],
            Self::Any { offer, quantity, .. } => vec![(*offer, *quantity)],
            Self::Best(party) => party.offers(),
        }
    }

    /// Who wants it, where no ticket is named.
    #[must_use]
    pub fn party(&self) -> Option<Party> {
        match self {
            Self::Ticket { .. } => None,
            Self::Any { offer, quantity, section } => Some(Party {
                lines: vec![Line { offer: *offer, quantity: *quantity, kind: SeatKind::Ordinary }],
                section: section.clone(),
                together: Together::Preferred,
                restricted_view: true,
            }),
            Self::Best(party) => Some(party.clone()),
        }
    }
}

/// Checks what a hold or an order asks for.
///
/// # Errors
/// `invalid_field` naming what is wrong, `seat_twice`, `too_many_tickets`.
pub fn check_wants(wants: &[Want]) -> Result<(), Refusal> {
    if wants.is_empty() {
        return Err(Refusal::field("/items", "must name at least one ticket"));
    }
    let mut tickets = std::collections::HashSet::new();
    let mut total = 0_usize;
    for (i, want) in wants.iter().enumerate() {
        match &want.pick {
            Pick::Ticket { ticket, .. } if !tickets.insert(*ticket) => {
                let mut refusal = Refusal::field(format!("/items/{i}/ticket_id"), format!("{ticket} is named twice"));
                refusal.code = Code::SeatTwice;
                return Err(refusal);
            }
            Pick::Any { quantity: 0, .. } => {
                return Err(Refusal::field(format!("/items/{i}/quantity"), "must be at least 1"));
            }
            Pick::Best(party) => {
                check_party(party, &format!("/items/{i}/choose"))?;
                total = total.saturating_add(party.tickets());
            }
            Pick::Ticket { .. } => total += 1,
            Pick::Any { quantity, .. } => total = total.saturating_add(*quantity),
        }
    }
    if total > HOLD_TICKETS_MAX {
        let detail = format!("{total} tickets are more than the {HOLD_TICKETS_MAX} of one hold.");
        return Err(Refusal::new(Code::TooManyTickets, detail));
    }
    Ok(())
}

/// Checks the form of a party; `at` is where in the request it stands.
pub(super) fn check_party(party: &Party, at: &str) -> Result<(), Refusal> {
    let mut fields = foundation::refusal::FieldErrors::default();
    fields.check(!party.lines.is_empty(), format!("{at}/party"), "must have at least one line");
    fields.check(party.lines.len() <= HOLD_TICKETS_MAX, format!("{at}/party"), "has too many lines");
    for (i, line) in party.lines.iter().enumerate() {
        fields.check(line.quantity > 0, format!("{at}/party/{i}/quantity"), "must be at least 1");
    }
    let companion = party.lines.iter().position(|line| line.kind == SeatKind::Companion).unwrap_or_default();
    let attended = party.at(SeatKind::Companion) == 0 || party.at(SeatKind::Wheelchair) > 0;
    let detail = "is a companion's seat, which is beside a wheelchair place only; ask for one of those too";
    fields.check(attended, format!("{at}/party/{companion}/place"), detail);
    fields.done()
}

/// A hold as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// Its state; `active` past `expires_at` is told as expired.
    pub state: HoldState,
    /// What is held, at the price it would have if ordered now.
    pub items: Vec<HoldItem>,
    /// The reseller's own word for the buyer.
    pub buyer_reference: Option<String>,
    /// When it was made.
    pub created_at: Instant,
    /// Until when.
    pub expires_at: Instant,
    /// What it became.
    pub order: Option<OrderId>,
    /// Counts its changes.
    pub version: i64,
    /// What is to be said of the choice of seats, where they were just chosen.
    pub seating: Vec<ItemSeating>,
}

/// What is to be said of the seats that one item of a request got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemSeating {
    /// Which item of the request, counted from 0; none for the tickets that it named.
    pub item: Option<usize>,
    /// What.
    pub note: SeatingNote,
}

/// One held ticket as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldItem {
    /// Ids.
    pub held: HeldTicket,
    /// Where it is.
    pub place: Place,
    /// Whom it is for.
    pub ticket_type: String,
    /// The tier it is in.
    pub price_tier: String,
    /// The price now, before any discount.
    pub price: Money,
    /// What a promotion takes off it.
    pub discount: Money,
    /// The reseller's own tax in the price, if that is told and the item is read to be ordered.
    pub tax_rate: Option<TaxRate>,
    /// The fees that the buyer pays on top.
    pub buyer_fee: Money,
    /// What is particular about its seat.
    pub attributes: Vec<SeatAttribute>,
}

impl HoldItem {
    /// A ticket of this offer at the offer's own price, to be put on terms only to learn what it would cost. It is nowhere.
    #[must_use]
    pub fn to_price(performance: PerformanceId, ticket: TicketId, offer: &Offer) -> Self {
        Self {
            held: HeldTicket::new(performance, ticket, offer.id),
            place: Place::default(),
            ticket_type: offer.ticket_type.clone(),
            price_tier: offer.price_tier.clone(),
            price: offer.price,
            discount: Money::rounded(Decimal::ZERO, offer.price.currency()),
            tax_rate: offer.tax_rate,
            buyer_fee: Money::rounded(Decimal::ZERO, offer.price.currency()),
            attributes: Vec::new(),
        }
    }

    /// What the buyer pays for it if it is ordered now, all in.
    #[must_use]
    pub fn total(&self) -> Money {
        Money::rounded(self.face_value().amount() + self.buyer_fee.amount(), self.price.currency())
    }

    /// What is left of the price: the face value of the ticket if it is ordered now.
    #[must_use]
    pub fn face_value(&self) -> Money {
        Money::rounded(self.price.amount() - self.discount.amount(), self.price.currency())
    }
}

/// Where a ticket is.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Place {
    /// Section or general admission area.
    pub section: String,
    /// Row, for a seat.
    #[sqlx(rename = "row_label")]
    pub row: Option<String>,
    /// Seat, for a seat.
    #[sqlx(rename = "seat_label")]
    pub seat: Option<String>,
}

/// An order as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// Its state.
    pub state: OrderState,
    /// The hold it came from.
    pub hold: HoldId,
    /// The reseller's own name for it, unique for ever.
    pub reference: Option<String>,
    /// Who buys.
    pub buyer: Buyer,
    /// What it is paid in.
    pub currency: Currency,
    /// Face values and the fees that the buyer pays.
    pub total: Decimal,
    /// How much of that it has in credit; the rest is paid by a payment.
    pub by_credit: Decimal,
    /// What a refund does with the fees.
    pub refund_policy: RefundPolicy,
    /// By what it was sold; its fees are those of this channel.
    pub sold_through: Channel,
    /// Until when it can be paid.
    pub pay_by: Instant,
    /// Whether money that comes when the tickets are gone may buy others like them.
    pub accepts_equivalents: bool,
    /// When it was made.
    pub created_at: Instant,
    /// When it was paid.
    pub paid_at: Option<Instant>,
    /// Counts its changes.
    pub version: i64,
    /// Its tickets, prices frozen.
    pub items: Vec<OrderItem>,
    /// What the buyer answered to what the shows ask.
    pub answers: BTreeMap<QuestionId, Value>,
    /// What is asked, required and not answered yet, while it is to be paid.
    pub unanswered: Vec<(QuestionId, String)>,
}

/// Who buys. Both are needed before an order can be paid.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Buyer {
    /// The name.
    pub name: Option<String>,
    /// The e-mail address, lower case.
    pub email: Option<String>,
    /// The language to write in; without one it is the reseller's.
    pub language: Option<Language>,
}

impl Buyer {
    /// Reads a buyer's data as given.
    ///
    /// # Errors
    /// `invalid_field`.
    pub fn parse(name: Option<String>, email: Option<String>, language: Option<Language>) -> Result<Self, Refusal> {
        let mut fields = foundation::refusal::FieldErrors::default();
        let name = name.map(|n| n.trim().to_owned());
        let email = email.map(|e| e.trim().to_lowercase());
        fields.check(name.as_ref().is_none_or(|n| is_name(n)), "/buyer/name", "must be 1 to 200 bytes of text");
        fields.check(email.as_ref().is_none_or(|e| is_email(e)), "/buyer/email", "is not an e-mail address");
        fields.done()?;
        Ok(Self { name, email, language })
    }
}

impl Buyer {
    /// Refuses a buyer of whom something is missing that paying needs.
    ///
    /// # Errors
    /// `invalid_field` naming what is missing.
    pub fn check_ready_to_pay(&self) -> Result<(), Refusal> {
        let mut fields = foundation::refusal::FieldErrors::default();
        fields.check(self.name.is_some(), "/buyer/name", "is needed to pay in the same call");
        fields.check(self.email.is_some(), "/buyer/email", "is needed to pay in the same call");
        fields.done()
    }
}

/// A person's name: not nothing, not endless, on one line.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 200 && !text.chars().any(char::is_control)
}

/// Good enough to catch a slip: one `@` with a local part before it and a dotted domain after it. Whether mail arrives, only
/// mail can tell.
pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let fits = |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || c.is_control() || c == '@');
    text.len() <= 254
        && fits(local)
        && fits(domain)
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
}

/// Something an order still needs before it can be paid, or what went wrong with a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Stable word: `answer`, `buyer_email`, `buyer_name`, `payment_confirmation`, `payment_declined`.
    pub code: &'static str,
    /// What to do.
    pub detail: String,
    /// Of `answer`: the question.
    pub question: Option<QuestionId>,
}

impl Missing {
    fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), question: None }
    }
}

/// The refusal of a change while a payment is being decided.
#[must_use]
pub fn under_way() -> Refusal {
    Refusal::new(Code::OrderLocked, "A payment of this order is under way; wait for its outcome.")
}

impl Order {
    /// What a payment of it comes to: what it costs beyond the credit that it has.
    #[must_use]
    pub fn by_payment(&self) -> Decimal {
        self.total - self.by_credit
    }

    /// What is still to be paid of it: nothing once it is paid or has ended.
    #[must_use]
    pub fn due(&self) -> Decimal {
        match self.state {
            OrderState::AwaitingPayment | OrderState::Processing => self.by_payment(),
            OrderState::Paid | OrderState::Expired | OrderState::Cancelled => Decimal::ZERO,
        }
    }

    /// The tax in the prices of its tickets, in the major unit of its currency; none where it was told of none.
    #[must_use]
    pub fn ticket_tax(&self) -> Option<Decimal> {
        self.items.iter().filter_map(|item| item.tax).map(|tax| tax.amount).reduce(|sum, more| sum + more)
    }

    /// The shows that its tickets are of, each once.
    #[must_use]
    pub fn shows(&self) -> Vec<ShowId> {
        let mut shows: Vec<ShowId> = self.items.iter().map(|item| item.show).collect();
        shows.sort_unstable();
        shows.dedup();
        shows
    }

    /// Notes what of these questions its shows ask, require, and have no answer to.
    pub fn note_unanswered(&mut self, asked: &[Question]) {
        let shows = self.shows();
        let open =
            |q: &&Question| shows.contains(&q.show) && q.required && !q.retired && !self.answers.contains_key(&q.id);
        self.unanswered = asked.iter().filter(open).map(|question| (question.id, question.text.clone())).collect();
    }

    /// The ticket of this number.
    ///
    /// # Errors
    /// `not_found`.
    pub fn item(&self, no: i16) -> Result<&OrderItem, Refusal> {
        self.items.iter().find(|item| item.no == no).ok_or_else(|| Refusal::missing("ticket of the order"))
    }

    /// What is missing before it can be paid, or what went wrong with its newest payment, for a person to act on; empty when there
    /// is nothing to do but pay, and once it is no longer to be paid.
    #[must_use]
    pub fn missing(&self, newest: Option<&Payment>) -> Vec<Missing> {
        let mut missing = Vec::new();
        if self.state != OrderState::AwaitingPayment {
            return missing;
        }
        if self.buyer.name.is_none() {
            missing.push(Missing::new("buyer_name", "Give the buyer's name: PATCH the order's buyer."));
        }
        if self.buyer.email.is_none() {
            missing.push(Missing::new("buyer_email", "Give the buyer's e-mail address: PATCH the order's buyer."));
        }
        for (question, text) in &self.unanswered {
            let detail = format!("Answer what the show asks: PATCH the order's answers. The question is: {text}");
            missing.push(Missing { question: Some(*question), ..Missing::new("answer", detail) });
        }
        let Some(payment) = newest else { return missing };
        if payment.state == PaymentState::RequiresAction {
            missing.push(Missing::new(
                "payment_confirmation",
                match payment.method {
                    Method::ClientSecret | Method::Confirm => {
                        "The buyer's bank wants the buyer to confirm: send the buyer to the payment's next_action, or let the \
                         provider's widget do it. The buyer may also pay anew in another way."
                    }
                    Method::Page => {
                        "The buyer's bank wants the buyer to confirm: the provider's page leads there. Send a buyer who has left it \
                         back to the payment's page_url. The buyer may also pay anew there, in another way."
                    }
                },
            ));
        } else if let Some(decline) = &payment.decline {
            let detail = format!("{} ({}) {}", decline.message, decline.code, decline.advice());
            missing.push(Missing::new("payment_declined", detail));
        }
        missing
    }

    /// Refuses any change while a payment is being decided, and payment of what cannot be paid.
    ///
    /// # Errors
    /// `order_locked`, `order_expired`, `order_not_payable`.
    pub fn open_at(&self, now: Instant) -> Result<(), Refusal> {
        match self.state {
            OrderState::AwaitingPayment if now < self.pay_by => Ok(()),
            OrderState::AwaitingPayment | OrderState::Expired => {
                Err(Refusal::new(Code::OrderExpired, format!("The order could be paid until {}.", self.pay_by)))
            }
            OrderState::Processing => Err(under_way()),
            OrderState::Paid => Err(Refusal::new(Code::OrderNotPayable, "The order is paid.")),
            OrderState::Cancelled => Err(Refusal::new(Code::OrderNotPayable, "The order is cancelled.")),
        }
    }
}

/// One ticket of an order, with everything frozen as it was when the order was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderItem {
    /// Its number within the order, from 1.
    pub no: i16,
    /// Ids.
    pub held: HeldTicket,
    /// The show.
    pub show: ShowId,
    /// Where it is.
    pub place: Place,
    /// Whom it is for.
    pub ticket_type: String,
    /// The tier it is in.
    pub price_tier: String,
    /// What a promotion took off its price.
    pub discount: Decimal,
    /// What was left of the price: without fees passed on.
    pub face_value: Decimal,
    /// The reseller's own tax in that, if it was told.
    pub tax: Option<TicketTax>,
    /// The platform's fee for it.
    pub platform_fee: Decimal,
    /// The tax on that fee.
    pub platform_fee_tax: Decimal,
    /// The fee for the hosted shop.
    pub hosting_fee: Decimal,
    /// The tax on it.
    pub hosting_fee_tax: Decimal,
    /// The rule by which the fees were found.
    pub fee_rule: FeeRuleId,
    /// How much of the fees the buyer pays on top of the face value.
    pub buyer_fee: Decimal,
    /// What the buyer pays for it.
    pub total: Decimal,
    /// Whose it is, where it is complimentary.
    pub guest: Option<String>,
    /// The right to enter.
    pub credential: Credential,
    /// When and where somebody entered with it.
    pub checked_in: Option<CheckIn>,
}

/// That somebody entered with a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckIn {
    /// When it was scanned, by the tenant's clock.
    pub at: Instant,
    /// Where, in the door's own word.
    pub gate: Option<String>,
}

impl OrderItem {
    /// Makes it a guest's: nobody pays or earns anything by it.
    pub fn for_guest(&mut self, guest: String) {
        for fee in [
            &mut self.platform_fee,
            &mut self.platform_fee_tax,
            &mut self.hosting_fee,
            &mut self.hosting_fee_tax,
            &mut self.buyer_fee,
        ] {
            *fee = Decimal::ZERO;
        }
        self.total = self.face_value;
        self.guest = Some(guest);
    }
}

/// Checks that there is a name for each of so many complimentary tickets.
///
/// # Errors
/// `invalid_field` naming all that are wrong.
pub fn check_guests(guests: &[String], tickets: usize) -> Result<(), Refusal> {
    let mut fields = FieldErrors::default();
    fields.check(guests.len() == tickets, "/guests", format!("must name {tickets} guests, one for each ticket"));
    for (i, guest) in guests.iter().enumerate() {
        name(&mut fields, &format!("/guests/{i}"), guest);
    }
    fields.done()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_stays_ended_but_for_money_that_came_late() {
        for state in HoldState::ALL.iter().filter(|s| **s != HoldState::Active) {
            assert!(state.next().is_empty(), "{state:?}");
        }
        assert!(OrderState::Paid.next().is_empty());
        assert_eq!(OrderState::Expired.next(), [OrderState::Paid]);
    }

    #[test]
    fn wants_name_a_ticket_once_and_at_most_fifty() {
        let offer = OfferId::new();
        let any =
            |quantity| Want { performance: PerformanceId::new(), pick: Pick::Any { offer, quantity, section: None } };
        let ticket = Pick::Ticket { offer, ticket: TicketId::new(), kind: SeatKind::Ordinary };
        let seat = Want { pick: ticket, ..any(1) };
        let code = |wants: &[Want]| check_wants(wants).err().map(|r| r.code);
        assert_eq!(code(&[any(50)]), None);
        assert_eq!(code(&[]), Some(Code::InvalidField));
        assert_eq!(code(&[any(0)]), Some(Code::InvalidField));
        assert_eq!(code(&[any(50), any(1)]), Some(Code::TooManyTickets));
        assert_eq!(code(&[any(usize::MAX), any(2)]), Some(Code::TooManyTickets));
        assert_eq!(code(&[seat.clone(), seat]), Some(Code::SeatTwice));
    }

    #[test]
    fn a_party_has_at_most_as_many_as_a_hold_and_no_companion_without_a_wheelchair() {
        let line = |quantity, kind| Line { offer: OfferId::new(), quantity, kind };
        let pointer = |lines: Vec<Line>| {
            let party = Party { lines, section: None, together: Together::Required, restricted_view: true };
            let want = Want { performance: PerformanceId::new(), pick: Pick::Best(party) };
            check_wants(&[want])
                .err()
                .map(|r| r.errors.first().map_or(r.code.as_str().to_owned(), |e| e.pointer.clone()))
        };
        let at = |text: &str| Some(text.to_owned());
        assert_eq!(pointer(vec![line(49, SeatKind::Ordinary), line(1, SeatKind::Wheelchair)]), None);
        assert_eq!(pointer(vec![]), at("/items/0/choose/party"));
        assert_eq!(
            pointer(vec![line(1, SeatKind::Ordinary), line(0, SeatKind::Ordinary)]),
            at("/items/0/choose/party/1/quantity")
        );
        assert_eq!(pointer(vec![line(49, SeatKind::Ordinary), line(2, SeatKind::Wheelchair)]), at("too_many_tickets"));
        assert_eq!(
            pointer(vec![line(usize::MAX, SeatKind::Ordinary), line(2, SeatKind::Ordinary)]),
            at("too_many_tickets")
        );
        let alone = vec![line(1, SeatKind::Ordinary), line(1, SeatKind::Companion)];
        assert_eq!(pointer(alone), at("/items/0/choose/party/1/place"));
        assert_eq!(pointer(vec![line(1, SeatKind::Companion), line(1, SeatKind::Wheelchair)]), None);
    }

    #[test]
    fn an_address_is_an_address() {
        for good in ["ada@example.com", "a.b+c@x.co.uk"] {
            assert!(Buyer::parse(None, Some(good.to_owned()), None).is_ok(), "{good}");
        }
        for bad in
            ["", "ada", "ada@", "@example.com", "ada@example", "a b@example.com", "ada@example.com@x.com", "ada@.com"]
        {
            assert!(Buyer::parse(None, Some(bad.to_owned()), None).is_err(), "{bad}");
        }
    }
}
