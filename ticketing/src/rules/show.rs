//! What a show must be before it is written. Pure: the caller brings the time.

use foundation::{
    Code, Currency, Instant, Refusal,
    id::{ShowId, TicketTypeId},
    refusal::FieldErrors,
};

use super::{
    as_text,
    performance::{NewPerformance, Performance},
    tickets::within_ticket_limit,
    times::Times,
    words::{name, names},
};

/// The most performances that one request creates.
pub const PERFORMANCES_MAX: usize = 50;

/// The most performances that a show has.
pub const PERFORMANCES_OF_SHOW_MAX: i64 = 1_000;
/// The most ticket types of a show.
const TICKET_TYPES_MAX: usize = 50;
const DESCRIPTION_MAX: usize = 10_000;

/// Who may find a show without a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Anyone, once it is published and from the time it is public from.
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

as_text! {
    Visibility { Public = "public", Hidden = "hidden" }
    ShowState { Draft = "draft", Published = "published" }
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
    /// From when on anyone may find it; at once unless said.
    pub public_from: Option<Instant>,
    /// Whether it starts out published.
    pub state: ShowState,
    /// Whom tickets are for: `adult`, `child`.
    pub ticket_types: Vec<String>,
    /// When and where.
    pub performances: Vec<NewPerformance>,
}

impl NewShow {
    /// Checks every field against `now`, with the zone of each performance's venue. Gives the performances' times.
    ///
    /// # Errors
    /// `invalid_field`, `local_time_missing` or `local_time_ambiguous`, naming all that are wrong; `currency_mismatch`,
    /// `too_many_tickets`.
    pub fn check(&self, zones: &[String], now: Instant) -> Result<Vec<Times>, Refusal> {
        let mut fields = FieldErrors::default();
        check_words(&mut fields, &self.title, &self.description);
        fields.check(
            !self.ticket_types.is_empty(),
            "/ticket_types",
            "must name at least one ticket type, such as \"adult\"",
        );
        let few = self.ticket_types.len() <= TICKET_TYPES_MAX;
        fields.check(few, "/ticket_types", format!("must be at most {TICKET_TYPES_MAX}"));
        names(&mut fields, "/ticket_types", self.ticket_types.iter().map(String::as_str));
        fields.check(
            self.performances.len() <= PERFORMANCES_MAX,
            "/performances",
            format!("must be at most {PERFORMANCES_MAX}"),
        );
        let ticket_types: Vec<&str> = self.ticket_types.iter().map(String::as_str).collect();
        let mut times = Vec::with_capacity(self.performances.len());
        for (i, (performance, zone)) in self.performances.iter().zip(zones).enumerate() {
            let at = format!("/performances/{i}");
            times.extend(performance.times.of_new(&mut fields, &at, zone, now));
            performance.check_fields(&mut fields, &at, self.state, &ticket_types);
        }
        fields.done()?;
        let tickets = self.performances.iter().flat_map(|p| &p.tickets);
        within_ticket_limit(tickets)?;
        self.performances
            .iter()
            .enumerate()
            .try_for_each(|(i, p)| p.check_currency(&format!("/performances/{i}"), self.currency))?;
        Ok(times)
    }
}

/// Checks what a show is called and what it is about.
pub fn check_words(fields: &mut FieldErrors, title: &str, description: &str) {
    name(fields, "/title", title);
    let fits = description.len() <= DESCRIPTION_MAX;
    fields.check(fits, "/description", format!("must be at most {DESCRIPTION_MAX} bytes"));
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
    /// From when on anyone may find it, if it is public; none: at once.
    pub public_from: Option<Instant>,
    /// Counts its changes.
    pub version: i64,
    /// When it was created.
    pub created_at: Instant,
    /// Whom its tickets are for.
    pub ticket_types: Vec<TicketType>,
    /// Its performances in the order of their start.
    pub performances: Vec<Performance>,
}

impl Show {
    /// What its ticket types are called.
    pub(super) fn ticket_type_names(&self) -> Vec<&str> {
        self.ticket_types.iter().map(|known| known.name.as_str()).collect()
    }

    /// Checks what one more ticket type is to be called.
    ///
    /// # Errors
    /// `invalid_field`, also where the show has as many as it may; `name_taken`.
    pub fn check_ticket_type(&self, called: &str) -> Result<(), Refusal> {
        let mut fields = FieldErrors::default();
        name(&mut fields, "/name", called);
        let most = format!("is one of {TICKET_TYPES_MAX} ticket types already; that is the most");
        fields.check(self.ticket_types.len() < TICKET_TYPES_MAX, "/name", most);
        if self.ticket_type_names().contains(&called) {
            fields.note(Code::NameTaken, "/name", format!("`{called}` is a ticket type of the show already"));
        }
        fields.done()
    }

    /// Whether anyone may find it now.
    #[must_use]
    pub fn is_public(&self, now: Instant) -> bool {
        let shown = self.state == ShowState::Published && self.visibility == Visibility::Public;
        shown && self.public_from.is_none_or(|from| from <= now)
    }
}

/// Whom a ticket is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketType {
    /// Its id.
    pub id: TicketTypeId,
    /// `adult`, `child`.
    pub name: String,
}
