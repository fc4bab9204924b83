//! What a performance must be before it is written, and when it sells. Pure: the caller brings the time.

use foundation::{
    Currency, Instant, Refusal,
    id::{PerformanceId, ShowId, VenueId},
    refusal::{Code, FieldErrors},
};
use rust_decimal::Decimal;

use super::{
    as_text,
    offer::NewPriceTier,
    show::ShowState,
    tickets::{NewTickets, check_tickets, within_ticket_limit},
    words::names,
};

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

as_text! {
    PerformanceState { Open = "open", Paused = "paused", Closed = "closed", Cancelled = "cancelled" }
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

    pub(super) fn check_fields(&self, fields: &mut FieldErrors, at: &str, now: Instant, ticket_types: &[String]) {
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

    pub(super) fn check_currency(&self, at: &str, currency: Currency) -> Result<(), Refusal> {
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
    use foundation::Money;

    use super::{super::tickets::NewTicketsKind, *};

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
