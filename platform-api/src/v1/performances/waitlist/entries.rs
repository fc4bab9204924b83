//! `/v1/performances/{performance_id}/waitlist/entries`
//!
//! An entry's id is known to who joined, to the reader of its letters, and to the reseller: it is what its place is read and given
//! up by. So nothing in an entry says more of a person than who has the id may know.

pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod leave;
pub(crate) mod list;

use foundation::{
    Instant, Result, TenantTx,
    id::{HoldId, PerformanceId, WaitlistEntryId},
};
use serde::{Deserialize, Serialize};
use ticketing::{
    rules::waitlist::{self, Entry},
    store::waitlist_entries,
};
use utoipa::ToSchema;

/// How it is with an entry of a waitlist.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WaitlistEntryState)]
pub(crate) enum EntryState {
    /// It waits.
    Waiting,
    /// Its tickets are held for it.
    Offered,
    /// They were ordered.
    Accepted,
    /// They were given back.
    Declined,
    /// They were not ordered in time.
    Lapsed,
    /// It was given up before there was an offer.
    Left,
    /// The performance is sold no more.
    Closed,
}

impl From<EntryState> for waitlist::EntryState {
    fn from(wire: EntryState) -> Self {
        match wire {
            EntryState::Waiting => Self::Waiting,
            EntryState::Offered => Self::Offered,
            EntryState::Accepted => Self::Accepted,
            EntryState::Declined => Self::Declined,
            EntryState::Lapsed => Self::Lapsed,
            EntryState::Left => Self::Left,
            EntryState::Closed => Self::Closed,
        }
    }
}

impl From<waitlist::EntryState> for EntryState {
    fn from(state: waitlist::EntryState) -> Self {
        match state {
            waitlist::EntryState::Waiting => Self::Waiting,
            waitlist::EntryState::Offered => Self::Offered,
            waitlist::EntryState::Accepted => Self::Accepted,
            waitlist::EntryState::Declined => Self::Declined,
            waitlist::EntryState::Lapsed => Self::Lapsed,
            waitlist::EntryState::Left => Self::Left,
            waitlist::EntryState::Closed => Self::Closed,
        }
    }
}

/// A party on a waitlist.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WaitlistEntry)]
pub(crate) struct EntryView {
    id: WaitlistEntryId,
    performance_id: PerformanceId,
    state: EntryState,
    /// How many parties wait that come first, and this one: 1 is the next. Null once it does not wait any more. Who needs fewer
    /// tickets, or others, may be served before.
    place: Option<i64>,
    /// How many tickets; it is offered all of them or none.
    tickets: i16,
    buyer_reference: Option<String>,
    /// The offer: an order of this hold accepts it.
    hold_id: Option<HoldId>,
    /// Until when the offer stands.
    offer_ends_at: Option<Instant>,
    created_at: Instant,
    ended_at: Option<Instant>,
    /// Counts its changes.
    version: i64,
}

impl EntryView {
    fn of(entry: Entry, place: Option<i64>, now: Instant) -> Self {
        Self {
            state: entry.state_at(now).into(),
            id: entry.id,
            performance_id: entry.performance,
            place,
            tickets: entry.tickets,
            buyer_reference: entry.buyer_reference,
            hold_id: entry.offer.map(|(hold, _)| hold),
            offer_ends_at: entry.offer.map(|(_, ends_at)| ends_at),
            created_at: entry.created_at,
            ended_at: entry.ended_at,
            version: entry.version,
        }
    }

    /// The entry with its place as it is now.
    async fn placed(tx: &mut TenantTx, entry: Entry) -> Result<Self> {
        let place = if entry.state == waitlist::EntryState::Waiting {
            Some(waitlist_entries::before(tx, entry.performance, entry.no).await? + 1)
        } else {
            None
        };
        let now = tx.now().await?;
        Ok(Self::of(entry, place, now))
    }
}
