//! Sale rounds: when, at which price, how many tickets and to whom a performance is sold. Pure; whether a round has room left is
//! the slots' to say (see [`super::limit`]).

pub mod list;

use foundation::{
    Code, Instant, Money, Refusal,
    id::{OfferId, PerformanceId, SaleRoundId},
    refusal::FieldErrors,
    seal::{Mark, Sealer},
};
use rust_decimal::Decimal;
use serde_json::json;

use super::{
    as_text,
    limit::{Limit, NoSlot, Rooms, Subject, What},
    offer::Offer,
    words::name,
};

/// The most rounds of a performance.
pub const ROUNDS_MAX: usize = 50;
/// The most that a capacity can be.
pub const CAPACITY_MAX: i32 = 1_000_000;
/// The most tickets that one code is good for.
pub const TICKETS_PER_CODE_MAX: i32 = 50;
/// The most codes or buyers that one request names.
pub const GUESTS_MAX: usize = 1_000;

/// Who may buy in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Anyone.
    Anyone,
    /// Who has one of its codes.
    Codes,
    /// Who is on its list.
    List,
}

as_text! { Access { Anyone = "anyone", Codes = "codes", List = "list" } }

/// A sale round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleRound {
    /// Its id.
    pub id: SaleRoundId,
    /// Its performance.
    pub performance: PerformanceId,
    /// What it is called.
    pub name: String,
    /// When it opens; none: when the round before it has closed, or has fewer tickets left than are wanted.
    pub opens_at: Option<Instant>,
    /// When it closes; none: with the performance's sale.
    pub closes_at: Option<Instant>,
    /// How many tickets it sells; none: as many as there are.
    pub capacity: Option<i32>,
    /// Who may buy.
    pub access: Access,
    /// How many tickets each of its codes is good for.
    pub tickets_per_code: i32,
    /// The offers that it sells and their face values.
    pub prices: Vec<(OfferId, Money)>,
    /// Counts its changes.
    pub version: i64,
}

/// Who asks, as rounds know one: by marks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guest {
    /// Of the code that is shown.
    pub code: Option<Mark>,
    /// Of the buyer's reference and address.
    pub buyer: Vec<Mark>,
}

impl Guest {
    /// All marks, to look them up by.
    pub fn marks(&self) -> impl Iterator<Item = Mark> {
        self.code.into_iter().chain(self.buyer.iter().copied())
    }
}

/// The mark of a round's code; how it is spelled with capitals and blanks makes no difference.
#[must_use]
pub fn code_mark(sealer: &Sealer, reseller: foundation::id::ResellerId, code: &str) -> Mark {
    sealer.mark(reseller, "sale round code", &code.trim().to_uppercase())
}

impl SaleRound {
    /// Notes what is wrong with it by itself and with its prices; [`list::check`] does the rest.
    fn check(&self, fields: &mut FieldErrors, offers: &[Offer]) {
        name(fields, "/name", &self.name);
        let ordered = self.opens_at.zip(self.closes_at).is_none_or(|(opens, closes)| opens < closes);
        fields.check(ordered, "/closes_at", "must be after opens_at");
        let fits = self.capacity.is_none_or(|capacity| (1..=CAPACITY_MAX).contains(&capacity));
        fields.check(fits, "/capacity", format!("must be 1 to {CAPACITY_MAX}"));
        let fits = (1..=TICKETS_PER_CODE_MAX).contains(&self.tickets_per_code);
        fields.check(fits, "/tickets_per_code", format!("must be 1 to {TICKETS_PER_CODE_MAX}"));
        fields.check(!self.prices.is_empty(), "/prices", "must have the price of at least one offer");
        for (i, (id, price)) in self.prices.iter().enumerate() {
            let at = format!("/prices/{i}");
            let twice = self.prices[..i].iter().any(|(other, _)| other == id);
            fields.check(!twice, format!("{at}/offer_id"), "has a price already");
            fields.check(price.amount() >= Decimal::ZERO, format!("{at}/price"), "must not be negative");
            match offers.iter().find(|offer| offer.id == *id) {
                None => fields.check(false, format!("{at}/offer_id"), "is not an offer of this performance"),
                Some(offer) if offer.price.currency() != price.currency() => fields.note(
                    Code::CurrencyMismatch,
                    format!("{at}/price/currency"),
                    format!("must be {}, the show's currency", offer.price.currency()),
                ),
                Some(_) => {}
            }
        }
    }

    /// What it asks for an offer; none if it does not sell that.
    #[must_use]
    pub fn price(&self, offer: OfferId) -> Option<Money> {
        self.prices.iter().find(|(id, _)| *id == offer).map(|(_, price)| *price)
    }

    /// The limit that its capacity is.
    #[must_use]
    pub fn limit(&self) -> Option<Limit> {
        let limit = |max| Limit { id: self.id.uuid(), subject: Subject::everybody(), max, what: What::Round };
        self.capacity.map(limit)
    }

    /// The limits that a ticket sold in it to this guest falls under.
    pub fn limits(&self, guest: &Guest) -> impl Iterator<Item = Limit> {
        let code = guest.code.filter(|_| self.access == Access::Codes);
        let (id, max) = (self.id.uuid(), self.tickets_per_code);
        let code = code.map(|mark| Limit { id, subject: Subject::code(mark), max, what: What::Code });
        self.limit().into_iter().chain(code)
    }

    /// Whether it is over.
    #[must_use]
    pub fn closed(&self, now: Instant) -> bool {
        self.closes_at.is_some_and(|closes| closes <= now)
    }

    /// Whether this guest may buy in it; `known` are the guests' marks that are in its books.
    fn admits(&self, guest: &Guest, known: &dyn Fn(SaleRoundId, Mark) -> bool) -> bool {
        match self.access {
            Access::Anyone => true,
            Access::Codes => guest.code.is_some_and(|code| known(self.id, code)),
            Access::List => guest.buyer.iter().any(|mark| known(self.id, *mark)),
        }
    }
}

/// Why no round sells what is wanted.
#[derive(Debug, Clone)]
pub enum NoRound {
    /// The refusal.
    Refused(Refusal),
    /// What is left of a round was given to others who ask at the same time.
    Undecided,
}

/// The round in which so many tickets of an offer are sold to this guest now: of those that are open to the guest the first with
/// room for all of them. `rounds` are the performance's, in their order.
///
/// # Errors
/// Why there is none: `not_on_sale` with the opening time where there is one, `not_enough_tickets`, `code_invalid`.
pub fn choose<'a>(
    rounds: &'a [SaleRound],
    (offer, tickets): (OfferId, usize),
    guest: &Guest,
    known: &dyn Fn(SaleRoundId, Mark) -> bool,
    rooms: &Rooms,
    now: Instant,
) -> Result<&'a SaleRound, NoRound> {
    let of_codes = rounds.iter().any(|round| round.access == Access::Codes && !round.closed(now));
    let good = |code: Mark| rounds.iter().any(|round| known(round.id, code));
    // Whoever shows a code is told that it is none, rather than sold to at another price.
    if of_codes && guest.code.is_some_and(|code| !good(code)) {
        let detail = "The access code is not one of this performance's sale rounds.";
        return Err(NoRound::Refused(Refusal::new(Code::CodeInvalid, detail)));
    }
    // With fewer left than are wanted it is sold out for who wants them: else a last early bird would keep all parties out.
    let sold_out = |round: &SaleRound| {
        let wanted = if round.price(offer).is_some() { tickets } else { 1 };
        round.limit().is_some_and(|limit| rooms.has(limit, wanted).is_err())
    };
    let mut too_full: Option<(Limit, usize)> = None;
    for round in list::open(rounds, &sold_out, now) {
        if round.price(offer).is_none() || !round.admits(guest, known) {
            continue;
        }
        let mut full = None;
        for limit in round.limits(guest) {
            match rooms.has(limit, tickets) {
                Ok(()) => {}
                Err(NoSlot::Full(limit, left)) => full = full.or(Some((limit, left))),
                Err(NoSlot::Undecided) => return Err(NoRound::Undecided),
            }
        }
        let Some(full) = full else { return Ok(round) };
        too_full = too_full.or(Some(full));
    }
    if let Some((limit, left)) = too_full {
        return Err(NoRound::Refused(limit.full(left)));
    }
    let open: Vec<SaleRoundId> = list::open(rounds, &sold_out, now).map(|round| round.id).collect();
    Err(NoRound::Refused(none_open(rounds, &open, offer, now)))
}

/// The refusal when no round is open to the one who asks: when another will be at the latest, as far as that is known.
fn none_open(rounds: &[SaleRound], open: &[SaleRoundId], offer: OfferId, now: Instant) -> Refusal {
    let next = list::openings(rounds)
        .filter(|(round, _)| round.price(offer).is_some() && !round.closed(now) && !open.contains(&round.id))
        .filter_map(|(round, opens)| opens.filter(|opens| *opens > now).map(|opens| (opens, round)))
        .min_by_key(|(opens, _)| *opens);
    let Some((opens_at, round)) = next else {
        return Refusal::new(Code::NotOnSale, "No sale round of it is open to this buyer.");
    };
    let detail = format!("No sale round of it is open to this buyer now; `{}` opens at {opens_at}.", round.name);
    Refusal::new(Code::NotOnSale, detail)
        .with_alternatives(json!({ "on_sale_at": opens_at, "sale_round_id": round.id, "access": round.access }))
}

/// A capacity that several offers of a performance share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// Its id.
    pub id: foundation::id::PoolId,
    /// Its performance.
    pub performance: PerformanceId,
    /// What it is called.
    pub name: String,
    /// How many tickets of all its offers together.
    pub capacity: i32,
    /// Whose tickets count.
    pub offers: Vec<OfferId>,
    /// Counts its changes.
    pub version: i64,
}

impl Pool {
    /// The limit that it is.
    #[must_use]
    pub fn limit(&self) -> Limit {
        Limit { id: self.id.uuid(), subject: Subject::everybody(), max: self.capacity, what: What::Pool }
    }

    /// Checks a pool against the performance's offers.
    ///
    /// # Errors
    /// `invalid_field` naming all that are wrong.
    pub fn check(&self, offers: &[Offer]) -> Result<(), Refusal> {
        let mut fields = FieldErrors::default();
        name(&mut fields, "/name", &self.name);
        let fits = (1..=CAPACITY_MAX).contains(&self.capacity);
        fields.check(fits, "/capacity", format!("must be 1 to {CAPACITY_MAX}"));
        fields.check(!self.offers.is_empty(), "/offer_ids", "must name at least one offer");
        for (i, id) in self.offers.iter().enumerate() {
            let at = format!("/offer_ids/{i}");
            fields.check(!self.offers[..i].contains(id), &*at, "is named twice");
            fields.check(offers.iter().any(|offer| offer.id == *id), &*at, "is not an offer of this performance");
        }
        fields.done()
    }
}
