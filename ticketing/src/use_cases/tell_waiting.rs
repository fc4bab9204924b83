//! Queues the letters that tell somebody on a waitlist how it is with their entry, in the transaction in which it happened.

use std::time::Duration;

use foundation::{
    Error, Result, TenantTx,
    mail::{self, NewLetter},
};

use crate::{
    rules::{
        invitation::{Call, Invitation, WAITLIST_JOINED, WAITLIST_OFFERED},
        letter::TicketTold,
        order::HoldItem,
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
    let Some(recipient) = entry.buyer.email.clone() else { return Ok(()) };
    let Some(mut told) = letters::of_performances(tx, &[entry.performance]).await?.pop() else { return Ok(()) };
    told.tickets = items.iter().zip(1..).map(|(item, no)| ticket(item, no)).collect();
    let (kind, name) = (call.kind(), entry.buyer.name.clone());
    let letter =
        Invitation { call, entry: entry.id.to_string(), performance: entry.performance, name: name.clone(), told };
    let data = serde_json::to_value(letter)
        .map_err(|error| Error::Inconsistent(format!("a letter about {} cannot be written: {error}", entry.id)))?;
    let letter = NewLetter {
        kind,
        about: entry.id.uuid(),
        once: format!("{kind}/{}/{}", entry.id, entry.version),
        recipient,
        recipient_name: name,
        language: entry.buyer.language,
        data,
        wait: Duration::ZERO,
        useful_until,
        outdates: &[WAITLIST_JOINED, WAITLIST_OFFERED],
        to_reseller: false,
    };
    Ok(mail::queue(tx, letter).await?)
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
