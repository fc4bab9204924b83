//! What a performance must be before it is written, and when it sells. Pure: the caller brings the time.

use foundation::{
    Currency, Instant, Refusal,
    id::{LayoutId, PerformanceId, ShowId, VenueId},
    refusal::{Code, FieldErrors},
};

use super::{
    as_text,
    layout::{Manifest, chosen::Choices},
    offer::{NewPriceTier, PRICE_TIERS_MAX},
    show::{Show, ShowState},
    tickets::{NewTickets, check_tickets, within_ticket_limit},
    times::{GivenTimes, Times},
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
    /// When it is and when it is sold.
    pub times: GivenTimes,
    /// How the venue is set up; without a layout, tickets are made as they are listed.
    pub layout: Option<NewManifest>,
    /// What prices there are.
    pub price_tiers: Vec<NewPriceTier>,
    /// What is sold.
    pub tickets: Vec<NewTickets>,
}

impl NewPerformance {
    /// Checks a performance that is added to a show, at a venue in this zone. Gives its times.
    ///
    /// # Errors
    /// As [`super::show::NewShow::check`].
    pub fn check(&self, show: &Show, zone: &str, now: Instant) -> Result<Times, Refusal> {
        let mut fields = FieldErrors::default();
        let times = self.times.of_new(&mut fields, "", zone, now);
        self.check_fields(&mut fields, "", show.state, &show.ticket_type_names());
        fields.done()?;
        within_ticket_limit(self.tickets.iter())?;
        self.check_currency("", show.currency)?;
        times.ok_or_else(|| Refusal::field("/starts_at", "is missing"))
    }

    pub(super) fn check_fields(&self, fields: &mut FieldErrors, at: &str, show: ShowState, ticket_types: &[&str]) {
        let pointer = format!("{at}/price_tiers");
        fields.check(!self.price_tiers.is_empty(), pointer.as_str(), "must have at least one price tier");
        let few = self.price_tiers.len() <= PRICE_TIERS_MAX;
        fields.check(few, pointer.as_str(), format!("must be at most {PRICE_TIERS_MAX}"));
        names(fields, &pointer, self.price_tiers.iter().map(|tier| tier.name.as_str()));
        for (i, tier) in self.price_tiers.iter().enumerate() {
            tier.check_prices(fields, &format!("{pointer}/{i}"), ticket_types);
        }
        let tiers: Vec<&str> = self.price_tiers.iter().map(|tier| tier.name.as_str()).collect();
        let sellable = show == ShowState::Draft || !self.tickets.is_empty();
        fields.check(sellable, format!("{at}/tickets"), "is missing: what is published has at least one ticket");
        check_tickets(fields, &format!("{at}/tickets"), &self.tickets, &tiers, self.layout.is_some());
    }

    pub(super) fn check_currency(&self, at: &str, currency: Currency) -> Result<(), Refusal> {
        let mut tiers = self.price_tiers.iter().enumerate();
        tiers.try_for_each(|(i, tier)| tier.check_currency(&format!("{at}/price_tiers/{i}"), currency))
    }
}

/// Which layout a performance is to use.
#[derive(Debug, Clone)]
pub struct NewManifest {
    /// The layout; of its versions the one that is in force when the performance is.
    pub layout: LayoutId,
    /// How what can be set up in several ways is.
    pub choices: Choices,
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
    /// Holds and unpaid orders from before then have been ended; [`Instant::LONG_AGO`] if that never was.
    pub checkouts_ended_at: Instant,
    /// Since when it is archived, if it is: nothing of it can be changed any more.
    pub archived_at: Option<Instant>,
    /// How the venue is set up; none where tickets are made without a layout.
    pub manifest: Option<Manifest>,
    /// Counts its changes.
    pub version: i64,
}

/// What becomes of buyers who hold or have ordered tickets when sales are paused or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Checkouts {
    /// They may order and pay what they have.
    #[default]
    MayFinish,
    /// What they have ends, and they are told.
    End,
}

/// Whether a checkout that began then may still go on.
///
/// # Errors
/// `not_on_sale` if it was ended.
pub fn may_finish(begun: Instant, checkouts_ended_at: Instant) -> Result<(), Refusal> {
    if begun >= checkouts_ended_at {
        return Ok(());
    }
    let detail = format!("Sales were stopped at {checkouts_ended_at}, and what was held or ordered before has ended.");
    Err(Refusal::new(Code::NotOnSale, detail))
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
    use foundation::{Money, id::TicketTypeId};
    use rust_decimal::Decimal;

    use super::{
        super::{
            show::{TicketType, Visibility},
            tickets::NewTicketsKind,
        },
        *,
    };

    fn at(text: &str) -> Instant {
        serde_json::from_value(serde_json::Value::from(text)).unwrap()
    }

    fn show(state: ShowState) -> Show {
        Show {
            id: ShowId::new(),
            title: "Show".to_owned(),
            description: String::new(),
            currency: "EUR".parse().unwrap(),
            state,
            visibility: Visibility::Public,
            public_from: None,
            version: 1,
            created_at: at("2030-01-01T00:00:00Z"),
            ticket_types: vec![TicketType { id: TicketTypeId::new(), name: "adult".to_owned() }],
            performances: Vec::new(),
        }
    }

    fn performance() -> NewPerformance {
        NewPerformance {
            venue: VenueId::new(),
            times: GivenTimes {
                starts_at: Some(at("2030-05-01T19:30:00Z").into()),
                ends_at: Some(at("2030-05-01T22:00:00Z").into()),
                ..GivenTimes::default()
            },
            layout: None,
            price_tiers: vec![NewPriceTier {
                name: "floor".to_owned(),
                prices: vec![
                    ("adult".to_owned(), Money::new(Decimal::from(50), "EUR".parse().unwrap()).unwrap()).into(),
                ],
            }],
            tickets: vec![NewTickets {
                section: "Floor".to_owned(),
                price_tier: "floor".to_owned(),
                kind: NewTicketsKind::Places(5),
            }],
        }
    }

    fn verdict(new: &NewPerformance, state: ShowState) -> Result<Times, Refusal> {
        new.check(&show(state), "Europe/Amsterdam", at("2030-01-01T00:00:00Z"))
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut NewPerformance), expected: Option<&str>) {
        let mut new = performance();
        change(&mut new);
        let verdict = verdict(&new, ShowState::Published);
        assert_eq!(verdict.err().and_then(|r| r.errors.first().map(|e| e.pointer.clone())).as_deref(), expected);
    }

    #[test]
    fn each_slip_of_a_performance_is_named_by_its_field() {
        check(|_| {}, None);
        check(|p| p.times.starts_at = None, Some("/starts_at"));
        check(|p| p.times.ends_at = p.times.starts_at, Some("/ends_at"));
        check(|p| p.price_tiers.clear(), Some("/price_tiers"));
        check(|p| p.tickets.clear(), Some("/tickets"));
        check(|p| p.tickets[0].kind = NewTicketsKind::Places(0), Some("/tickets/0/places"));
        check(|p| p.tickets[0].price_tier = "balcony".to_owned(), Some("/tickets/0/price_tier"));
        check(
            |p| p.price_tiers[0].prices[0].ticket_type = "dog".to_owned(),
            Some("/price_tiers/0/prices/0/ticket_type"),
        );
        let yen = Money::new(Decimal::from(5), "JPY".parse().unwrap()).unwrap();
        check(|p| p.price_tiers[0].prices[0].price = yen, Some("/price_tiers/0/prices/0/price/currency"));
        let twice = NewTicketsKind::Rows(vec![("A".to_owned(), 3), ("A".to_owned(), 3)]);
        check(|p| p.tickets[0].kind = twice, Some("/tickets/0/rows/1/label"));
    }

    #[test]
    fn a_draft_may_be_without_tickets_and_what_is_published_may_not() {
        let mut new = performance();
        new.tickets.clear();
        assert!(verdict(&new, ShowState::Draft).is_ok());
        assert_eq!(verdict(&new, ShowState::Published).unwrap_err().errors[0].pointer, "/tickets");
    }

    #[test]
    fn ten_million_tickets_are_more_than_one_request_may_have() {
        let mut new = performance();
        new.tickets[0].kind = NewTicketsKind::Places(10_000_000);
        assert_eq!(verdict(&new, ShowState::Published).unwrap_err().code, Code::TooManyTickets);
    }

    #[test]
    fn a_performance_has_a_thousand_price_tiers_and_not_one_more() {
        let mut new = performance();
        let tier = new.price_tiers[0].clone();
        let named = |n: usize| NewPriceTier { name: n.to_string(), prices: tier.prices.clone() };
        new.price_tiers.extend((1..PRICE_TIERS_MAX).map(named));
        assert!(verdict(&new, ShowState::Published).is_ok());
        let names: Vec<&str> = new.price_tiers.iter().map(|tier| tier.name.as_str()).collect();
        assert!(named(0).check(&names[1..], &show(ShowState::Published)).is_ok());
        let one_more = named(0).check(&names, &show(ShowState::Published)).unwrap_err();
        assert_eq!((one_more.code, one_more.errors[0].pointer.as_str()), (Code::InvalidField, "/name"));
        new.price_tiers.push(named(0));
        assert_eq!(verdict(&new, ShowState::Published).unwrap_err().errors[0].pointer, "/price_tiers");
    }

    #[test]
    fn what_began_before_checkouts_were_ended_has_ended_and_what_begins_after_it_has_not() {
        let ended = at("2030-01-02T00:00:00Z");
        assert_eq!(may_finish(at("2030-01-01T23:59:59Z"), ended).unwrap_err().code, Code::NotOnSale);
        assert!(may_finish(ended, ended).is_ok());
        assert!(may_finish(at("2030-01-01T00:00:00Z"), Instant::LONG_AGO).is_ok());
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
