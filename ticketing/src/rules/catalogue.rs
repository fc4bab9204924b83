//! What a show, a performance and its tickets must be before they are written. Pure: the caller brings the time.

use foundation::{
    Country, Currency, Instant, Money, Refusal,
    id::{OfferId, PerformanceId, PriceTierId, ShowId, TicketTypeId, VenueId},
    refusal::{Code, FieldErrors},
    time::is_time_zone,
};
use rust_decimal::Decimal;

/// The most tickets that one request creates.
pub const TICKETS_MAX: usize = 100_000;
/// The most performances that one request creates.
pub const PERFORMANCES_MAX: usize = 50;
const NAME_MAX: usize = 200;
const DESCRIPTION_MAX: usize = 10_000;

/// Who may find a show without a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Anyone, once it is published.
    Public,
    /// The reseller's own systems only.
    Hidden,
}

/// Whether a show can be seen and sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShowState {
    /// In the making: nothing of it is sold.
    Draft,
    /// Sold in its performances' sale windows.
    Published,
}

/// Whether a performance may be sold when its window is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PerformanceState {
    /// The sale window decides.
    Open,
    /// Halted for now.
    Paused,
    /// Ended early.
    Closed,
    /// It will not take place.
    Cancelled,
}

macro_rules! as_text {
    ($($type:ident { $($variant:ident = $text:literal),* })*) => {$(
        impl $type {
            /// The word used in tables and on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str { match self { $(Self::$variant => $text,)* } }
            /// Reads the word back.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> { match text { $($text => Some(Self::$variant),)* _ => None } }
        }
    )*};
}
as_text! {
    Visibility { Public = "public", Hidden = "hidden" }
    ShowState { Draft = "draft", Published = "published" }
    PerformanceState { Open = "open", Paused = "paused", Closed = "closed", Cancelled = "cancelled" }
}

/// A venue to be written.
#[derive(Debug, Clone)]
pub struct NewVenue {
    /// What it is called.
    pub name: String,
    /// The city it is in.
    pub city: String,
    /// ISO 3166 alpha-2, upper case.
    pub country: String,
    /// IANA time zone.
    pub time_zone: String,
}

impl NewVenue {
    /// Checks every field.
    ///
    /// # Errors
    /// `invalid_field`, naming all that are wrong.
    pub fn check(&self) -> Result<(), Refusal> {
        let mut fields = FieldErrors::default();
        name(&mut fields, "/name", &self.name);
        name(&mut fields, "/city", &self.city);
        if let Err(refused) = self.country.parse::<Country>() {
            fields.check(false, "/country", refused.to_string());
        }
        let zone = format!("`{}` is not a time zone of the IANA database, such as Europe/Amsterdam", self.time_zone);
        fields.check(is_time_zone(&self.time_zone), "/time_zone", zone);
        fields.done()
    }
}

/// A show to be written, with its performances and their tickets.
#[derive(Debug, Clone)]
pub struct NewShow {
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// Everything of it is sold in this currency.
    pub currency: Currency,
    /// Who may find it.
    pub visibility: Visibility,
    /// Whether it starts out published.
    pub state: ShowState,
    /// Whom tickets are for: `adult`, `child`.
    pub ticket_types: Vec<String>,
    /// When and where.
    pub performances: Vec<NewPerformance>,
}

/// A performance to be written.
#[derive(Debug, Clone)]
pub struct NewPerformance {
    /// Where.
    pub venue: VenueId,
    /// Doors open; the start unless said.
    pub doors_at: Option<Instant>,
    /// Start.
    pub starts_at: Instant,
    /// End.
    pub ends_at: Instant,
    /// Sales open; at once unless said.
    pub on_sale_at: Option<Instant>,
    /// Sales close; at the start unless said.
    pub off_sale_at: Option<Instant>,
    /// What prices there are.
    pub price_tiers: Vec<NewPriceTier>,
    /// What is sold.
    pub tickets: Vec<NewTickets>,
}

/// A price tier and what each ticket type costs in it.
#[derive(Debug, Clone)]
pub struct NewPriceTier {
    /// What it is called.
    pub name: String,
    /// Ticket type and price.
    pub prices: Vec<(String, Money)>,
}

/// Tickets of one section in one price tier.
#[derive(Debug, Clone)]
pub struct NewTickets {
    /// The section or general admission area.
    pub section: String,
    /// The tier they are sold in.
    pub price_tier: String,
    /// Seats or places.
    pub kind: NewTicketsKind,
}

/// Numbered seats, or places without a number.
#[derive(Debug, Clone)]
pub enum NewTicketsKind {
    /// Rows by label with so many seats each, numbered from 1.
    Rows(Vec<(String, u32)>),
    /// General admission: so many places.
    Places(u32),
}

impl NewTickets {
    /// How many tickets these are.
    #[must_use]
    pub fn count(&self) -> usize {
        match &self.kind {
            NewTicketsKind::Rows(rows) => rows.iter().map(|(_, seats)| *seats as usize).sum(),
            NewTicketsKind::Places(count) => *count as usize,
        }
    }
}

impl NewShow {
    /// Checks every field against `now`.
    ///
    /// # Errors
    /// `invalid_field` naming all that are wrong, `currency_mismatch`, `too_many_tickets`.
    pub fn check(&self, now: Instant) -> Result<(), Refusal> {
        let mut fields = FieldErrors::default();
        check_words(&mut fields, &self.title, &self.description);
        fields.check(
            !self.ticket_types.is_empty(),
            "/ticket_types",
            "must name at least one ticket type, such as \"adult\"",
        );
        fields.check(self.ticket_types.len() <= 50, "/ticket_types", "must be at most 50");
        names(&mut fields, "/ticket_types", self.ticket_types.iter().map(String::as_str));
        fields.check(
            self.performances.len() <= PERFORMANCES_MAX,
            "/performances",
            format!("must be at most {PERFORMANCES_MAX}"),
        );
        for (i, performance) in self.performances.iter().enumerate() {
            performance.check_fields(&mut fields, &format!("/performances/{i}"), now, &self.ticket_types);
        }
        fields.done()?;
        let tickets = self.performances.iter().flat_map(|p| &p.tickets);
        within_ticket_limit(tickets)?;
        self.performances
            .iter()
            .enumerate()
            .try_for_each(|(i, p)| p.check_currency(&format!("/performances/{i}"), self.currency))
    }
}

impl NewPerformance {
    /// Checks a performance that is added to a show in this currency with these ticket types.
    ///
    /// # Errors
    /// As [`NewShow::check`].
    pub fn check(&self, now: Instant, ticket_types: &[String], currency: Currency) -> Result<(), Refusal> {
        let mut fields = FieldErrors::default();
        self.check_fields(&mut fields, "", now, ticket_types);
        fields.done()?;
        within_ticket_limit(self.tickets.iter())?;
        self.check_currency("", currency)
    }

    fn check_fields(&self, fields: &mut FieldErrors, at: &str, now: Instant, ticket_types: &[String]) {
        let times = Times::of(self, now);
        times.check(fields, at, Some(now));
        fields.check(!self.price_tiers.is_empty(), format!("{at}/price_tiers"), "must have at least one price tier");
        names(fields, &format!("{at}/price_tiers"), self.price_tiers.iter().map(|tier| tier.name.as_str()));
        for (i, tier) in self.price_tiers.iter().enumerate() {
            let at = format!("{at}/price_tiers/{i}/prices");
            fields.check(!tier.prices.is_empty(), at.as_str(), "must have a price for at least one ticket type");
            let mut seen = Vec::new();
            for (j, (ticket_type, price)) in tier.prices.iter().enumerate() {
                let known = ticket_types.contains(ticket_type);
                fields.check(
                    known,
                    format!("{at}/{j}/ticket_type"),
                    format!("`{ticket_type}` is not one of the show's ticket_types"),
                );
                fields.check(!seen.contains(&ticket_type), format!("{at}/{j}/ticket_type"), "has a price already");
                fields.check(price.amount() >= Decimal::ZERO, format!("{at}/{j}/price"), "must not be negative");
                seen.push(ticket_type);
            }
        }
        let tiers: Vec<&str> = self.price_tiers.iter().map(|tier| tier.name.as_str()).collect();
        check_tickets(fields, &format!("{at}/tickets"), &self.tickets, &tiers);
    }

    fn check_currency(&self, at: &str, currency: Currency) -> Result<(), Refusal> {
        for (i, tier) in self.price_tiers.iter().enumerate() {
            for (j, (_, price)) in tier.prices.iter().enumerate() {
                if price.currency() != currency {
                    let pointer = format!("{at}/price_tiers/{i}/prices/{j}/price/currency");
                    let detail = format!("must be {currency}, the show's currency");
                    let mut refusal = Refusal::field(pointer, detail);
                    refusal.code = Code::CurrencyMismatch;
                    return Err(refusal);
                }
            }
        }
        Ok(())
    }
}

/// When a performance is and when it is sold, with nothing left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Doors open.
    pub doors_at: Instant,
    /// Start.
    pub starts_at: Instant,
    /// End.
    pub ends_at: Instant,
    /// Sales open.
    pub on_sale_at: Instant,
    /// Sales close.
    pub off_sale_at: Instant,
}

impl Times {
    /// The times of a new performance with what was not said filled in.
    #[must_use]
    pub fn of(new: &NewPerformance, now: Instant) -> Self {
        Self {
            doors_at: new.doors_at.unwrap_or(new.starts_at),
            starts_at: new.starts_at,
            ends_at: new.ends_at,
            on_sale_at: new.on_sale_at.unwrap_or(now),
            off_sale_at: new.off_sale_at.unwrap_or(new.starts_at),
        }
    }

    /// Checks their order; with `now`, that nothing starts in the past.
    pub fn check(&self, fields: &mut FieldErrors, at: &str, now: Option<Instant>) {
        fields.check(now.is_none_or(|now| self.starts_at > now), format!("{at}/starts_at"), "must be in the future");
        fields.check(self.ends_at > self.starts_at, format!("{at}/ends_at"), "must be after starts_at");
        fields.check(self.doors_at <= self.starts_at, format!("{at}/doors_at"), "must not be after starts_at");
        fields.check(self.off_sale_at > self.on_sale_at, format!("{at}/off_sale_at"), "must be after on_sale_at");
        fields.check(self.off_sale_at <= self.ends_at, format!("{at}/off_sale_at"), "must not be after ends_at");
    }
}

/// Checks tickets to be created in these tiers.
pub fn check_tickets(fields: &mut FieldErrors, at: &str, tickets: &[NewTickets], tiers: &[&str]) {
    let mut rows_seen = std::collections::HashSet::new();
    for (i, new) in tickets.iter().enumerate() {
        let at = format!("{at}/{i}");
        name(fields, &format!("{at}/section"), &new.section);
        let tier = tiers.contains(&new.price_tier.as_str());
        fields.check(
            tier,
            format!("{at}/price_tier"),
            format!("`{}` is not one of the performance's price_tiers", new.price_tier),
        );
        match &new.kind {
            NewTicketsKind::Places(count) => fields.check(*count > 0, format!("{at}/places"), "must be at least 1"),
            NewTicketsKind::Rows(rows) => {
                fields.check(!rows.is_empty(), format!("{at}/rows"), "must have at least one row");
                for (j, (label, seats)) in rows.iter().enumerate() {
                    name(fields, &format!("{at}/rows/{j}/label"), label);
                    fields.check((1..=1_000).contains(seats), format!("{at}/rows/{j}/seats"), "must be 1 to 1000");
                    let fresh = rows_seen.insert((new.section.as_str(), label.as_str()));
                    fields.check(
                        fresh,
                        format!("{at}/rows/{j}/label"),
                        format!("row `{label}` of section `{}` is named twice", new.section),
                    );
                }
            }
        }
    }
}

/// Checks what a show is called and what it is about.
pub fn check_words(fields: &mut FieldErrors, title: &str, description: &str) {
    name(fields, "/title", title);
    let fits = description.len() <= DESCRIPTION_MAX;
    fields.check(fits, "/description", format!("must be at most {DESCRIPTION_MAX} bytes"));
}

/// Refuses what is more than one request may create.
///
/// # Errors
/// `too_many_tickets`.
pub fn within_ticket_limit<'a>(tickets: impl Iterator<Item = &'a NewTickets>) -> Result<(), Refusal> {
    let count: usize = tickets.map(NewTickets::count).sum();
    if count > TICKETS_MAX {
        let detail = format!(
            "{count} tickets are more than the {TICKETS_MAX} of one request; create the rest with further requests."
        );
        return Err(Refusal::new(Code::TooManyTickets, detail));
    }
    Ok(())
}

fn name(fields: &mut FieldErrors, pointer: &str, text: &str) {
    let fits = !text.trim().is_empty() && text.len() <= NAME_MAX && !text.chars().any(char::is_control);
    fields.check(fits, pointer, format!("must be 1 to {NAME_MAX} bytes of text"));
}

fn names<'a>(fields: &mut FieldErrors, at: &str, all: impl Iterator<Item = &'a str>) {
    let mut seen = std::collections::HashSet::new();
    for (i, text) in all.enumerate() {
        name(fields, &format!("{at}/{i}"), text);
        fields.check(seen.insert(text), format!("{at}/{i}"), format!("`{text}` is named twice"));
    }
}

/// A venue.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Venue {
    /// Its id.
    #[sqlx(rename = "venue_id")]
    pub id: VenueId,
    /// What it is called.
    pub name: String,
    /// The city it is in.
    pub city: String,
    /// ISO 3166 alpha-2.
    pub country: String,
    /// IANA time zone.
    pub time_zone: String,
    /// Counts its changes.
    pub version: i64,
}

/// A show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Show {
    /// Its id.
    pub id: ShowId,
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// What it is sold in.
    pub currency: Currency,
    /// Draft or published.
    pub state: ShowState,
    /// Who may find it.
    pub visibility: Visibility,
    /// Counts its changes.
    pub version: i64,
    /// When it was created.
    pub created_at: Instant,
    /// Whom its tickets are for.
    pub ticket_types: Vec<TicketType>,
    /// Its performances in the order of their start.
    pub performances: Vec<Performance>,
}

/// Whom a ticket is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketType {
    /// Its id.
    pub id: TicketTypeId,
    /// `adult`, `child`.
    pub name: String,
}

/// A performance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Performance {
    /// Its id.
    pub id: PerformanceId,
    /// Its show.
    pub show: ShowId,
    /// Where.
    pub venue: VenueId,
    /// IANA zone of its local times.
    pub time_zone: String,
    /// When it is and when it is sold.
    pub times: Times,
    /// Whether it may be sold.
    pub state: PerformanceState,
    /// Counts its changes.
    pub version: i64,
}

/// What is sold: a ticket type in a price tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its id.
    pub id: OfferId,
    /// The tier's id.
    pub price_tier_id: PriceTierId,
    /// The tier's name.
    pub price_tier: String,
    /// The ticket type's name.
    pub ticket_type: String,
    /// The face value.
    pub price: Money,
    /// Counts its changes.
    pub version: i64,
}

/// Whether a performance sells at this moment, and if not, why and when.
///
/// # Errors
/// `not_on_sale`, with the opening time where there is one.
pub fn on_sale(
    show: ShowState,
    state: PerformanceState,
    on_sale_at: Instant,
    off_sale_at: Instant,
    now: Instant,
) -> Result<(), Refusal> {
    let refuse = |detail: String| Err(Refusal::new(Code::NotOnSale, detail));
    match (show, state) {
        (ShowState::Draft, _) => refuse("The show is not published.".to_owned()),
        (_, PerformanceState::Paused) => refuse("Sales are paused.".to_owned()),
        (_, PerformanceState::Closed) => refuse("Sales are closed.".to_owned()),
        (_, PerformanceState::Cancelled) => refuse("The performance is cancelled.".to_owned()),
        (_, PerformanceState::Open) if now < on_sale_at => {
            let refusal = Refusal::new(Code::NotOnSale, format!("Sales open at {on_sale_at}."));
            Err(refusal.with_alternatives(serde_json::json!({ "on_sale_at": on_sale_at })))
        }
        (_, PerformanceState::Open) if now >= off_sale_at => refuse(format!("Sales closed at {off_sale_at}.")),
        (_, PerformanceState::Open) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        serde_json::from_value(serde_json::Value::from(text)).unwrap()
    }

    fn performance() -> NewPerformance {
        NewPerformance {
            venue: VenueId::new(),
            doors_at: None,
            starts_at: at("2030-05-01T19:30:00Z"),
            ends_at: at("2030-05-01T22:00:00Z"),
            on_sale_at: None,
            off_sale_at: None,
            price_tiers: vec![NewPriceTier {
                name: "floor".to_owned(),
                prices: vec![("adult".to_owned(), Money::new(Decimal::from(50), "EUR".parse().unwrap()).unwrap())],
            }],
            tickets: vec![NewTickets {
                section: "Floor".to_owned(),
                price_tier: "floor".to_owned(),
                kind: NewTicketsKind::Places(5),
            }],
        }
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut NewPerformance), expected: Option<&str>) {
        let mut new = performance();
        change(&mut new);
        let verdict = new.check(at("2030-01-01T00:00:00Z"), &["adult".to_owned()], "EUR".parse().unwrap());
        assert_eq!(verdict.err().and_then(|r| r.errors.first().map(|e| e.pointer.clone())).as_deref(), expected);
    }

    #[test]
    fn each_slip_of_a_performance_is_named_by_its_field() {
        check(|_| {}, None);
        check(|p| p.starts_at = at("2029-12-31T00:00:00Z"), Some("/starts_at"));
        check(|p| p.ends_at = p.starts_at, Some("/ends_at"));
        check(|p| p.off_sale_at = Some(at("2030-01-01T00:00:00Z")), Some("/off_sale_at"));
        check(|p| p.price_tiers.clear(), Some("/price_tiers"));
        check(|p| p.tickets[0].kind = NewTicketsKind::Places(0), Some("/tickets/0/places"));
        check(|p| p.tickets[0].price_tier = "balcony".to_owned(), Some("/tickets/0/price_tier"));
        check(|p| p.price_tiers[0].prices[0].0 = "dog".to_owned(), Some("/price_tiers/0/prices/0/ticket_type"));
        let yen = Money::new(Decimal::from(5), "JPY".parse().unwrap()).unwrap();
        check(|p| p.price_tiers[0].prices[0].1 = yen, Some("/price_tiers/0/prices/0/price/currency"));
        let twice = NewTicketsKind::Rows(vec![("A".to_owned(), 3), ("A".to_owned(), 3)]);
        check(|p| p.tickets[0].kind = twice, Some("/tickets/0/rows/1/label"));
    }

    #[test]
    fn ten_million_tickets_are_more_than_one_request_may_have() {
        let mut new = performance();
        new.tickets[0].kind = NewTicketsKind::Places(10_000_000);
        let verdict = new.check(at("2030-01-01T00:00:00Z"), &["adult".to_owned()], "EUR".parse().unwrap());
        assert_eq!(verdict.unwrap_err().code, Code::TooManyTickets);
    }

    #[test]
    fn a_performance_sells_inside_its_window_only() {
        let (open, close) = (at("2030-01-02T00:00:00Z"), at("2030-01-03T00:00:00Z"));
        let sells = |state, now| on_sale(ShowState::Published, state, open, close, at(now)).is_ok();
        assert!(!sells(PerformanceState::Open, "2030-01-01T23:59:59Z"));
        assert!(sells(PerformanceState::Open, "2030-01-02T00:00:00Z"));
        assert!(!sells(PerformanceState::Open, "2030-01-03T00:00:00Z"));
        for state in [PerformanceState::Paused, PerformanceState::Closed, PerformanceState::Cancelled] {
            assert!(!sells(state, "2030-01-02T12:00:00Z"), "{state:?}");
        }
        assert!(on_sale(ShowState::Draft, PerformanceState::Open, open, close, at("2030-01-02T12:00:00Z")).is_err());
    }
}
