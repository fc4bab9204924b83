//! Queues the letters that tell somebody how it is with what they wait for, tickets or the opening of a sale, in the transaction in
//! which it happened.

use std::time::Duration;

use foundation::{
    Error, Instant, Result, TenantTx,
    id::{Id, InterestId, Kind, PerformanceId},
    mail::{self, NewLetter},
};

use crate::{
    rules::{
        interest::Interest,
        invitation::{Call, INTEREST_REGISTERED, Invitation, SALE_OPENED, WAITLIST_JOINED, WAITLIST_OFFERED},
        letter::{PerformanceTold, TicketTold},
        order::{Buyer, HoldItem},
        waitlist::{Entry, EntryState},
    },
    store::letters,
};

/// How long it is worth telling that somebody waits, or no longer does.
const PASSING: Duration = Duration::from_secs(2 * 86_400);

/// An entry has come to the state that it is in; of an offer, with its tickets. What the reader did needs no letter.
pub(super) async fn tell_entry(tx: &mut TenantTx, entry: &Entry, items: &[HoldItem]) -> Result<()> {
    let now = tx.now().await?;
    let (call, useful_until) = match (entry.state, entry.offer) {
        (EntryState::Waiting, _) => (Call::WaitlistJoined { tickets: entry.tickets }, now.plus(PASSING)),
        (EntryState::Offered, Some((_, ends_at))) => (Call::WaitlistOffered { ends_at }, ends_at),
        (EntryState::Lapsed, _) => (Call::WaitlistLapsed, now.plus(PASSING)),
        (EntryState::Closed, _) => (Call::WaitlistClosed, now.plus(PASSING)),
        (EntryState::Offered | EntryState::Accepted | EntryState::Declined | EntryState::Left, _) => {
            return Ok(mail::outdate(tx, entry.id.uuid(), &[WAITLIST_JOINED, WAITLIST_OFFERED]).await?);
        }
    };
    let Some(mut told) = letters::of_performances(tx, &[entry.performance]).await?.pop() else { return Ok(()) };
    told.tickets = items.iter().zip(1..).map(|(item, no)| ticket(item, no)).collect();
    queue(tx, entry.id, &entry.buyer, (call, told), useful_until).await
}

/// An interest was registered, or the sale that it is in has opened. A show without a performance to tell of has no letter yet.
pub(super) async fn tell_interest(
    tx: &mut TenantTx,
    interest: &Interest,
    about: Option<PerformanceId>,
    call: Call,
) -> Result<()> {
    let useful_until = tx.now().await?.plus(PASSING);
    let told = letters::of_performances(tx, about.as_slice()).await?.pop();
    let Some(told) = told else { return Ok(()) };
    queue(tx, interest.id, &interest.buyer, (call, told), useful_until).await
}

/// What waits to be sent about an interest is not sent any more.
pub(super) async fn forget_letters(tx: &mut TenantTx, id: InterestId) -> Result<()> {
    Ok(mail::outdate(tx, id.uuid(), &[INTEREST_REGISTERED, SALE_OPENED]).await?)
}

async fn queue<K: Kind>(
    tx: &mut TenantTx,
    id: Id<K>,
    buyer: &Buyer,
    (call, told): (Call, PerformanceTold),
    useful_until: Instant,
) -> Result<()> {
    let Some(recipient) = buyer.email.clone() else { return Ok(()) };
    let (kind, name) = (call.kind(), buyer.name.clone());
    let letter = Invitation { call, entry: id.to_string(), performance: told.id, name: name.clone(), told };
    let data = serde_json::to_value(letter)
        .map_err(|error| Error::Inconsistent(format!("a letter about {id} cannot be written: {error}")))?;
    let letter = NewLetter {
        kind,
        about: id.uuid(),
        // An entry and an interest come to each of these states once.
        once: format!("{kind}/{id}"),
        recipient,
        recipient_name: name,
        language: buyer.language,
        data,
        wait: Duration::ZERO,
        useful_until,
        outdates: &[WAITLIST_JOINED, WAITLIST_OFFERED, INTEREST_REGISTERED],
        to_reseller: false,
    };
    Ok(mail::queue(tx, &[letter]).await?)
}

fn ticket(item: &HoldItem, item_no: i16) -> TicketTold {
    TicketTold {
        item_no,
        ticket_type: item.ticket_type.clone(),
        section: item.place.section.clone(),
        row: item.place.row.clone(),
        seat: item.place.seat.clone(),
        total: item.face_value(),
    }
}
