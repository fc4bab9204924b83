//! Takes a party into a performance's waitlist.

use foundation::{
    Code, Refusal, Result, TenantTx, event,
    id::{PerformanceId, TicketId, WaitlistEntryId},
};
use serde_json::json;

use super::tell_waiting::tell_entry;
use crate::{
    inventory::Inventory,
    rules::{
        limit::Subject,
        order::HeldTicket,
        performance::on_sale,
        waitlist::{Entry, EntryState, NewEntry, Outlook, WaitlistState, Wanted, outlook},
    },
    store::{performances, shows, stock, terms, waitlist_entries, waitlists},
};

/// Takes it in, behind all who are there. It is for who cannot be served: what can be had now is to be held instead.
///
/// # Errors
/// `not_found`, `invalid_field`, `too_many_tickets`, `not_on_sale`, `waitlist_closed`, `waitlist_full`, `waitlist_twice`,
/// `tickets_available`, `buyer_limit`.
pub async fn join_waitlist(
    tx: &mut TenantTx,
    inventory: &Inventory,
    performance: PerformanceId,
    new: NewEntry,
) -> Result<Entry> {
    performances::lock(tx, &[performance], false).await?;
    let of = performances::get(tx, performance).await?;
    let show = shows::get(tx, of.show).await?;
    let now = tx.now().await?;
    let tickets = new.check()?;
    on_sale(show.state, of.state, of.times.on_sale_at, of.times.off_sale_at, now)?;
    if waitlists::get(tx, performance).await?.state == WaitlistState::Closed {
        let detail = "The performance has no waitlist that takes anyone in now.";
        return Err(Refusal::new(Code::WaitlistClosed, detail).into());
    }
    check_limit(tx, performance, &new).await?;
    let wants = check_outlook(tx, inventory, performance, &new).await?;
    let scopes = wants.iter().map(Wanted::scope);
    let full = || Refusal::new(Code::WaitlistFull, "The waitlist is as long as it may be; come again later.");
    let no = waitlists::enter(tx, performance, scopes, now).await?.ok_or_else(full)?;
    let entry = Entry {
        id: WaitlistEntryId::new(),
        performance,
        no,
        state: EntryState::Waiting,
        wants,
        tickets: i16::try_from(tickets).unwrap_or(i16::MAX),
        buyer: new.buyer,
        buyer_reference: new.buyer_reference,
        sold_through: new.sold_through,
        offer: None,
        gathers_until: None,
        created_at: now,
        ended_at: None,
        version: 1,
    };
    let mark = Subject::email(tx.sealer(), tx.reseller(), entry.buyer.email.as_deref().unwrap_or_default()).mark();
    waitlist_entries::insert(tx, &entry, mark.unwrap_or_default()).await?;
    event::append(tx, &[entry_event("waitlist.joined", &entry), stock::waited_for(performance)]).await?;
    tell_entry(tx, &entry, &[]).await?;
    Ok(entry)
}

/// Refuses a party that is larger than any buyer may be. Whether this one has tickets already is seen when it orders.
async fn check_limit(tx: &mut TenantTx, performance: PerformanceId, new: &NewEntry) -> Result<()> {
    let buyer = Subject::email(tx.sealer(), tx.reseller(), new.buyer.email.as_deref().unwrap_or_default());
    for party in &new.parties {
        let ticket = |offer| HeldTicket::new(performance, TicketId::new(), offer);
        let offers = party.offers();
        let tickets: Vec<HeldTicket> =
            offers.iter().flat_map(|(offer, many)| std::iter::repeat_with(|| ticket(*offer)).take(*many)).collect();
        let limits = terms::of_buyers(tx, &tickets).await?.limits_of_buyer(&tickets, buyer);
        for (limit, _) in &limits {
            let needs = limits.iter().filter(|(other, _)| other.name() == limit.name()).count();
            let most = usize::try_from(limit.max).unwrap_or_default();
            if needs > most {
                return Err(limit.full(most).into());
            }
        }
    }
    Ok(())
}

/// Refuses a party that can be served now with what nobody else waits for, or never can be.
async fn check_outlook(
    tx: &mut TenantTx,
    inventory: &Inventory,
    performance: PerformanceId,
    new: &NewEntry,
) -> Result<Vec<Wanted>> {
    let reseller = tx.reseller();
    let now = tx.now().await?;
    for (performance, epoch) in performances::stock_epochs(tx, &[performance]).await? {
        inventory.forget_older(reseller, performance, epoch);
    }
    inventory.warm_within(tx, std::iter::once(performance)).await?;
    let kept = waitlists::wanted(tx, &[performance]).await?;
    let left = waitlists::leftovers(tx, performance).await?;
    let mut wants = Vec::with_capacity(new.parties.len());
    for (i, party) in new.parties.iter().enumerate() {
        let at = format!("/choose/{i}");
        let found = inventory.with(reseller, performance, |stock, _| outlook(stock, party, &at, now));
        let forgotten = || Refusal::new(Code::Busy, "The performance is being changed; try again with the same key.");
        let (wanted, free) = match found.ok_or_else(forgotten)?? {
            Outlook::Waits(wanted) => (wanted, Vec::new()),
            Outlook::Free(wanted, tickets) => (wanted, tickets),
        };
        let held = |ticket: &TicketId| HeldTicket::new(performance, *ticket, party.lines[0].offer);
        let free: Vec<HeldTicket> = free.iter().map(held).collect();
        let waited_for = inventory.waited_for(reseller, &free, &kept);
        if !free.is_empty() && waited_for.iter().all(|(_, ticket)| left.contains(ticket)) {
            let detail = format!("{at}: so many are free now; hold them instead of waiting.");
            return Err(Refusal::new(Code::TicketsAvailable, detail).into());
        }
        wants.push(wanted);
    }
    Ok(wants)
}

/// The event of an entry: no name and no address.
pub(super) fn entry_event(kind: &'static str, entry: &Entry) -> event::NewEvent {
    let data = json!({
        "id": entry.id,
        "performance_id": entry.performance,
        "state": entry.state,
        "tickets": entry.tickets,
        "buyer_reference": entry.buyer_reference,
        "hold_id": entry.offer.map(|(hold, _)| hold),
        "offer_ends_at": entry.offer.map(|(_, ends_at)| ends_at),
    });
    event::NewEvent::of(kind, "waitlist_entry", entry.id, entry.version, data)
}
