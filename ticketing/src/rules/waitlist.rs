//! Waitlists (decision 32): who wants tickets of which there are none left, what would do for them, and who is next when some are
//! free. Pure: it is told what is free, and the claims' key decides.

mod desk;

use std::{collections::HashSet, time::Duration};

use accounting::Channel;
use foundation::{
    Code, Instant, Refusal,
    id::{HoldId, PerformanceId, PriceTierId, TicketId, WaitlistEntryId},
    refusal::FieldErrors,
};
use serde::{Deserialize, Serialize};

pub use self::desk::{Desk, Outlook, outlook};
use super::{
    as_text,
    choose::Party,
    order::{Buyer, HOLD_TICKETS_MAX, check_party},
    states,
};

/// The most entries that wait for one performance.
pub const WAITING_MAX: i32 = 10_000;
/// The most ways of sitting that would do for one party.
const WANTS_MAX: usize = 5;
/// For how long an offer may stand, in seconds.
const OFFER_SECONDS: std::ops::RangeInclusive<i32> = 300..=604_800;

as_text! { WaitlistState { Open = "open", Closed = "closed" } }

/// Whether a waitlist takes anyone in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitlistState {
    /// It does. Who waits is offered what is free.
    Open,
    /// It does not. Who waits already is offered what is free.
    Closed,
}

/// A performance's waitlist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waitlist {
    /// Of which performance.
    pub performance: PerformanceId,
    /// Whether it takes anyone in.
    pub state: WaitlistState,
    /// How long an offer stands, in seconds; so long at most, and once, tickets are gathered for a party.
    pub offer_seconds: i32,
    /// How many parties wait.
    pub waiting: i32,
    /// Counts its changes.
    pub version: i64,
}

impl Waitlist {
    /// That of a performance for which nothing was set.
    #[must_use]
    pub fn unset(performance: PerformanceId) -> Self {
        Self { performance, state: WaitlistState::Closed, offer_seconds: 86_400, waiting: 0, version: 1 }
    }

    /// How long an offer stands.
    #[must_use]
    pub fn offer_lasts(&self) -> Duration {
        Duration::from_secs(u64::from(self.offer_seconds.unsigned_abs()))
    }

    /// Checks what is set.
    ///
    /// # Errors
    /// `invalid_field`.
    pub fn check(&self) -> Result<(), Refusal> {
        let (least, most) = (OFFER_SECONDS.start(), OFFER_SECONDS.end());
        if OFFER_SECONDS.contains(&self.offer_seconds) {
            return Ok(());
        }
        Err(Refusal::field("/offer_seconds", format!("must be {least} to {most}")))
    }
}

states! {
    /// The life of an entry of a waitlist.
    EntryState {
        /// It waits.
        Waiting = "waiting" -> [Offered, Left, Closed];
        /// Its tickets are held for it.
        Offered = "offered" -> [Accepted, Declined, Lapsed];
        /// They were ordered.
        Accepted = "accepted" -> [];
        /// They were given back.
        Declined = "declined" -> [];
        /// They were not ordered in time.
        Lapsed = "lapsed" -> [];
        /// It was given up before there was an offer.
        Left = "left" -> [];
        /// The performance is sold no more.
        Closed = "closed" -> [];
    }
}

/// What would do for a party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The tier of the party's offers.
    pub tier: PriceTierId,
    /// Who sits together, and where.
    pub party: Party,
}

impl Wanted {
    /// Among which tickets it looks.
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope { tier: self.tier, section: self.party.section.clone() }
    }
}

/// Tickets of a tier, in one section or in all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// The tier.
    pub tier: PriceTierId,
    /// The section.
    pub section: Option<String>,
}

impl Scope {
    /// Whether these tickets are of it.
    #[must_use]
    pub fn covers(&self, tier: PriceTierId, section: &str) -> bool {
        self.tier == tier && self.section.as_deref().is_none_or(|own| own == section)
    }

    fn meets(&self, other: &Self) -> bool {
        let apart = self.section.as_deref().zip(other.section.as_deref()).is_some_and(|(a, b)| a != b);
        self.tier == other.tier && !apart
    }
}

/// What is kept for those who wait for a performance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WaitedFor {
    /// What they would take.
    pub scopes: Vec<Scope>,
    /// What of it nobody of them can use: open sale may have it.
    pub leftovers: HashSet<TicketId>,
}

impl WaitedFor {
    /// Whether this ticket is for them once it is free.
    #[must_use]
    pub fn keeps(&self, ticket: TicketId, tier: PriceTierId, section: &str) -> bool {
        self.scopes.iter().any(|scope| scope.covers(tier, section)) && !self.leftovers.contains(&ticket)
    }
}

/// Adds what is not there yet.
pub fn unite(scopes: &mut Vec<Scope>, more: impl Iterator<Item = Scope>) {
    for scope in more {
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
}

/// An entry of a waitlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub id: WaitlistEntryId,
    /// For which performance.
    pub performance: PerformanceId,
    /// Its number: lower ones come first.
    pub no: i64,
    /// How it is with it.
    pub state: EntryState,
    /// What would do, the best first.
    pub wants: Vec<Wanted>,
    /// How many tickets that is, whichever it gets.
    pub tickets: i16,
    /// Who waits; the address is always known.
    pub buyer: Buyer,
    /// The reseller's own word for the buyer.
    pub buyer_reference: Option<String>,
    /// By what the party joined: the fees of its offer are that's.
    pub sold_through: Channel,
    /// The offer, and until when it stands.
    pub offer: Option<(HoldId, Instant)>,
    /// Until when tickets are gathered for it, once that has begun.
    pub gathers_until: Option<Instant>,
    /// Since when it waits.
    pub created_at: Instant,
    /// When it came to its end.
    pub ended_at: Option<Instant>,
    /// Counts its changes.
    pub version: i64,
}

impl Entry {
    /// The state as it is told at this time: an offer whose time is up has lapsed, whether that was noted already or not.
    #[must_use]
    pub fn state_at(&self, now: Instant) -> EntryState {
        match (self.state, self.offer) {
            (EntryState::Offered, Some((_, ends_at))) if ends_at <= now => EntryState::Lapsed,
            (state, _) => state,
        }
    }

    /// Whether tickets may be gathered for it now, or begin to be.
    fn may_gather(&self, now: Instant) -> bool {
        self.gathers_until.is_none_or(|until| until > now)
    }
}

/// A party that wants to wait.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// What would do, the best first.
    pub parties: Vec<Party>,
    /// Who.
    pub buyer: Buyer,
    /// The reseller's own word for the buyer.
    pub buyer_reference: Option<String>,
    /// By what the party joins.
    pub sold_through: Channel,
}

impl NewEntry {
    /// Checks its form. Gives the number of tickets.
    ///
    /// # Errors
    /// `invalid_field` naming all that is wrong, `too_many_tickets`.
    pub fn check(&self) -> Result<usize, Refusal> {
        let mut fields = FieldErrors::default();
        fields.check((1..=WANTS_MAX).contains(&self.parties.len()), "/choose", format!("must be 1 to {WANTS_MAX}"));
        fields.check(self.buyer.email.is_some(), "/buyer/email", "is missing");
        let reference = self.buyer_reference.as_ref().is_none_or(|reference| (1..=200).contains(&reference.len()));
        fields.check(reference, "/buyer_reference", "must be 1 to 200 bytes");
        fields.done()?;
        let tickets = self.parties.first().map_or(0, Party::tickets);
        for (i, party) in self.parties.iter().enumerate() {
            check_party(party, &format!("/choose/{i}"))?;
            if party.tickets() != tickets {
                let detail = format!("must be of as many tickets as the first, {tickets}");
                return Err(Refusal::field(format!("/choose/{i}/party"), detail));
            }
        }
        if tickets > HOLD_TICKETS_MAX {
            let detail = format!("{tickets} tickets are more than the {HOLD_TICKETS_MAX} of one hold.");
            return Err(Refusal::new(Code::TooManyTickets, detail));
        }
        Ok(tickets)
    }
}
