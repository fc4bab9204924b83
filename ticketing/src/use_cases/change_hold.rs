//! Changes a hold: more tickets, fewer, more time, or none at all. Every change names the hold's version that it read, so
//! two changes at once do not overwrite each other.

use std::{collections::HashMap, time::Duration};

use foundation::{
    Code, Instant, Refusal, Result, TenantTx, event,
    id::{HoldId, PerformanceId, ShowId, TicketId},
};
use serde_json::json;

use super::{leave_waitlist::end_entries, waitlist_first::check_waitlists};
use crate::{
    inventory::{Asked, Inventory, Proposal},
    plans::Plans,
    rules::{
        all_in::{add_fees, one_currency},
        limit::{Needs, Slot},
        order::{HOLD_TICKETS_MAX, HeldTicket, Hold, HoldItem, HoldState, Want, check_wants},
        performance::{may_finish, on_sale},
        stock::Keeper,
        terms::{AskedBy, Asker, NoTerms},
        waitlist::EntryState,
    },
    store::{
        claims::{self, Change, Owner, Wanted, Which},
        holds::{self, StoredHold},
        performances, shows,
        slots::{self, Starts},
        stock, terms,
    },
};

/// A hold changed, and what memory is to learn once that is committed.
#[derive(Debug)]
pub struct Changed {
    /// The hold as it now is.
    pub hold: Hold,
    /// What became of claims.
    pub changes: Vec<Change>,
}

/// Reads a hold.
///
/// # Errors
/// `not_found`.
pub async fn get_hold(tx: &mut TenantTx, plans: &Plans, id: HoldId) -> Result<Hold> {
    let now = tx.now().await?;
    let hold = holds::find(tx, id).await?.ok_or_else(|| Refusal::missing("hold"))?;
    told(tx, plans, hold, now).await
}

async fn told(tx: &mut TenantTx, plans: &Plans, hold: StoredHold, now: Instant) -> Result<Hold> {
    let sold_through = hold.sold_through;
    let mut hold = holds::told(tx, hold, now).await?;
    plans.describe(tx, &mut hold.items).await?;
    let of: Vec<PerformanceId> = hold.items.iter().map(|item| item.held.performance).collect();
    let shows: HashMap<PerformanceId, ShowId> = performances::shows_of(tx, &of).await?.into_iter().collect();
    let rules = accounting::fees_in_force(tx, &shows.values().copied().collect::<Vec<_>>()).await?;
    add_fees(&mut hold.items, |performance| shows.get(&performance).copied(), (&rules, sold_through));
    Ok(hold)
}

/// The hold, if it can still be changed, with its performances locked against a change of their state.
async fn active(tx: &mut TenantTx, id: HoldId) -> Result<(StoredHold, Instant)> {
    let hold = holds::find(tx, id).await?.ok_or_else(|| Refusal::missing("hold"))?;
    let mut performances: Vec<PerformanceId> = hold.items.iter().map(|item| item.performance).collect();
    performances.sort_unstable();
    performances.dedup();
    performances::lock(tx, &performances, false).await?;
    let now = tx.now().await?;
    live_at(&hold, now)?;
    Ok((hold, now))
}

/// Refuses a hold that has ended.
pub(super) fn live_at(hold: &StoredHold, now: Instant) -> Result<(), Refusal> {
    match hold.state {
        HoldState::Active if hold.expires_at > now => Ok(()),
        HoldState::Active | HoldState::Expired => {
            Err(Refusal::new(Code::Expired, format!("The hold expired at {}; make a new one.", hold.expires_at)))
        }
        HoldState::Converted => Err(Refusal::new(Code::HoldNotActive, "The hold has become an order.")),
        HoldState::Released => Err(Refusal::new(Code::HoldNotActive, "The hold was released.")),
    }
}

/// The refusal when claims turned out not to be the hold's any more: another change came first.
pub(super) fn overtaken() -> Refusal {
    Refusal::new(
        Code::HoldNotActive,
        "The hold was changed by another request at the same time; read it and try again.",
    )
}

async fn save(
    tx: &mut TenantTx,
    hold: StoredHold,
    to: StoredHold,
    changes: Vec<Change>,
    inventory: &Inventory,
    now: Instant,
) -> Result<Changed> {
    if !holds::change(tx, &hold, &to).await? {
        return Err(overtaken().into());
    }
    stock::tell(tx, &changes, inventory.teller).await?;
    let version = hold.version + 1;
    let hold = told(tx, &inventory.plans, StoredHold { version, ..to }, now).await?;
    Ok(Changed { hold, changes })
}

/// Adds tickets to a hold, all or nothing; they end with it.
///
/// # Errors
/// `expired`, `hold_not_active`, `currency_mismatch`, `seats_unavailable`, `not_enough_tickets`, `not_on_sale`, and what is wrong with the wants.
pub async fn grow_hold(
    tx: &mut TenantTx,
    inventory: &Inventory,
    id: HoldId,
    wants: &[Want],
    by: &AskedBy,
) -> Result<Changed> {
    check_wants(wants)?;
    let reseller = tx.reseller();
    let (hold, now) = active(tx, id).await?;
    may_go_on(tx, &hold).await?;
    let by = AskedBy { reference: hold.buyer_reference.clone(), ..by.clone() };
    let mut performances: Vec<PerformanceId> = wants.iter().map(|want| want.performance).collect();
    performances.sort_unstable();
    performances.dedup();
    performances::lock(tx, &performances, false).await?;
    for performance in &performances {
        check_on_sale(tx, *performance, now).await?;
    }
    let wanted: Vec<PerformanceId> = wants.iter().map(|want| want.performance).collect();
    for (performance, epoch) in performances::stock_epochs(tx, &wanted).await? {
        inventory.forget_older(reseller, performance, epoch);
    }
    inventory.warm_within(tx, wants.iter().map(|want| want.performance)).await?;
    inventory.set_clock(reseller, now);
    let asked = Asked { wants, through: &by.through, beside: &hold.items, tries: 0 };
    let proposal = inventory.propose(reseller, &asked, now);
    let Proposal { items: mut more, seating } = proposal.map_err(|refused| refused.unwrap_or_else(undecided))?;
    // Taken back in any case: once claimed, the claims' key keeps the tickets, and memory learns them with the commit.
    let proposed = inventory.until_dropped(reseller, more.iter().map(|item| item.held).collect());
    check_waitlists(tx, inventory, &proposed.proposal).await?;
    let asker = Asker::of(tx.sealer(), reseller, &by);
    sell_more(tx, inventory, (&hold, &performances), (&asker, wants), &mut more, now).await?;
    let more: Vec<HeldTicket> = more.into_iter().map(|item| item.held).collect();
    let grown = claim_more(tx, hold, &more, now, inventory).await;
    drop(proposed);
    let mut grown = grown.map_err(|error| with_nearest(error, inventory, tx, wants, now))?;
    grown.hold.seating = seating;
    Ok(grown)
}

pub(super) async fn check_on_sale(tx: &mut TenantTx, id: PerformanceId, now: Instant) -> Result<()> {
    let performance = performances::get(tx, id).await?;
    let show = shows::get(tx, performance.show).await?;
    let times = performance.times;
    Ok(on_sale(show.state, performance.state, times.on_sale_at, times.off_sale_at, now)?)
}

/// Puts more tickets of a hold on terms, and takes the slots that they need.
async fn sell_more(
    tx: &mut TenantTx,
    inventory: &Inventory,
    (hold, performances): (&StoredHold, &[PerformanceId]),
    (asker, wants): (&Asker, &[Want]),
    more: &mut [HoldItem],
    now: Instant,
) -> Result<()> {
    let slots = on_terms(tx, &inventory.starts, performances, (asker, wants), more, now).await?;
    if slots::take_all(tx, Owner::Hold(hold.id), &slots, (now, hold.expires_at)).await? {
        return Ok(());
    }
    Err(undecided().into())
}

/// Puts tickets on the terms on which they are sold to who asks: `items`, in the order of `wants`, get their round, price and
/// discount. Gives the slots that they need.
///
/// # Errors
/// Why they are not sold, or the database's.
pub(super) async fn on_terms(
    tx: &mut TenantTx,
    starts: &Starts,
    performances: &[PerformanceId],
    (asker, wants): (&Asker, &[Want]),
    items: &mut [HoldItem],
    now: Instant,
) -> Result<Vec<Slot>> {
    let book = terms::for_asker(tx, performances, asker).await?;
    let mut needs = Needs::default();
    book.need(asker, wants, &mut needs);
    let mut rooms = slots::free(tx, &needs, starts, now).await?;
    let sold = book.sell(&mut rooms, asker, wants, items, now);
    sold.map_err(|why| match why {
        NoTerms::Refused(refusal) => refusal.into(),
        NoTerms::Undecided => undecided().into(),
    })
}

async fn claim_more(
    tx: &mut TenantTx,
    hold: StoredHold,
    more: &[HeldTicket],
    now: Instant,
    inventory: &Inventory,
) -> Result<Changed> {
    if hold.items.len() + more.len() > HOLD_TICKETS_MAX {
        let detail = format!("A hold has at most {HOLD_TICKETS_MAX} tickets.");
        return Err(Refusal::new(Code::TooManyTickets, detail).into());
    }
    let wanted = |held: &HeldTicket| Wanted {
        hold: hold.id,
        performance: held.performance,
        ticket: held.ticket,
        until: hold.expires_at,
    };
    let wanted: Vec<Wanted> = more.iter().map(wanted).collect();
    let got = claims::take(tx, &wanted, now).await?;
    if got.len() < wanted.len() {
        return Err(Refusal::new(
            Code::SeatsUnavailable,
            "Some of the tickets have just been taken; nothing was added.",
        )
        .into());
    }
    let change = |w: &Wanted| Change { performance: w.performance, ticket: w.ticket, until: w.until, by: Keeper::Hold };
    let changes = wanted.iter().map(change).collect();
    let items = hold.items.iter().chain(more).copied().collect();
    let to = StoredHold { items, ..hold.clone() };
    let grown = save(tx, hold, to, changes, inventory, now).await?;
    one_currency(&grown.hold.items)?;
    Ok(grown)
}

fn undecided() -> Refusal {
    Refusal::new(Code::Busy, "What is left is being decided by other requests; try again with the same key.")
        .with_retry_after(Duration::from_secs(1))
}

/// Adds to a refusal of taken seats what is free near them.
fn with_nearest(
    error: foundation::Error,
    inventory: &Inventory,
    tx: &TenantTx,
    wants: &[Want],
    now: Instant,
) -> foundation::Error {
    let named: Vec<(PerformanceId, TicketId)> =
        wants.iter().filter_map(|want| Some((want.performance, want.pick.named()?))).collect();
    match (error, named.first()) {
        (foundation::Error::Refused(refusal), Some((performance, _))) if refusal.code == Code::SeatsUnavailable => {
            let tickets: Vec<TicketId> = named.iter().map(|(_, ticket)| *ticket).collect();
            inventory.taken(tx.reseller(), *performance, &tickets, now).into()
        }
        (error, _) => error,
    }
}

/// Takes tickets out of a hold; they are free at once. A hold that loses its last ticket is released.
///
/// # Errors
/// `expired`, `hold_not_active`, `invalid_field` for a ticket that is not in the hold, `companion_alone`.
pub async fn shrink_hold(
    tx: &mut TenantTx,
    inventory: &Inventory,
    id: HoldId,
    tickets: &[TicketId],
) -> Result<Changed> {
    let (hold, now) = active(tx, id).await?;
    for (i, ticket) in tickets.iter().enumerate() {
        if !hold.items.iter().any(|item| item.ticket == *ticket) {
            return Err(Refusal::field(format!("/ticket_ids/{i}"), format!("{ticket} is not in the hold")).into());
        }
    }
    let (out, items): (Vec<HeldTicket>, Vec<HeldTicket>) =
        hold.items.iter().copied().partition(|item| tickets.contains(&item.ticket));
    inventory.warm_within(tx, items.iter().map(|item| item.performance)).await?;
    inventory.check_attended(tx.reseller(), &items, now)?;
    let changes = claims::free(tx, &out, Owner::Hold(id)).await?;
    if changes.len() < out.len() {
        return Err(overtaken().into());
    }
    let state = if items.is_empty() { HoldState::Released } else { HoldState::Active };
    let to = StoredHold { items, state, ..hold.clone() };
    let entry = hold.waitlist_entry;
    let changed = save(tx, hold, to, changes, inventory, now).await?;
    if state == HoldState::Released {
        end_entries(tx, entry.as_slice(), EntryState::Declined).await?;
        let mut released = ended("hold.released", &changed.hold);
        released.data["reason"] = json!("released");
        event::append(tx, &[released]).await?;
    }
    Ok(changed)
}

/// Gives a hold more time, from now, up to `max` from its making. What lasts longer already stays as it is: nobody loses time by asking.
///
/// # Errors
/// `expired`, `hold_not_active`, `invalid_field` when that is longer than a hold may last.
pub async fn extend_hold(
    tx: &mut TenantTx,
    inventory: &Inventory,
    id: HoldId,
    by: Duration,
    max: Duration,
) -> Result<Changed> {
    let (hold, now) = active(tx, id).await?;
    may_go_on(tx, &hold).await?;
    let expires_at = now.plus(by);
    if expires_at <= hold.expires_at {
        return Ok(Changed { hold: told(tx, &inventory.plans, hold, now).await?, changes: Vec::new() });
    }
    if hold.waitlist_entry.is_some() {
        let detail = format!("others wait for these tickets: the offer ends at {}", hold.expires_at);
        return Err(Refusal::field("/expires_in_seconds", detail).into());
    }
    if expires_at > hold.created_at.plus(max) {
        let detail = format!("a hold lasts at most {} seconds from when it was made", max.as_secs());
        return Err(Refusal::field("/expires_in_seconds", detail).into());
    }
    let changes = claims::pass(tx, &hold.items, Owner::Hold(id), Owner::Hold(id), expires_at, Which::Live(now)).await?;
    if changes.len() < hold.items.len() {
        return Err(overtaken().into());
    }
    let to = StoredHold { expires_at, ..hold.clone() };
    save(tx, hold, to, changes, inventory, now).await
}

/// Gives a hold up; its tickets are free at once.
///
/// # Errors
/// `expired`, `hold_not_active`.
pub async fn release_hold(tx: &mut TenantTx, inventory: &Inventory, id: HoldId) -> Result<Changed> {
    end_hold(tx, inventory, id, "released").await
}

/// The same for this reason, which the event tells.
pub(super) async fn end_hold(tx: &mut TenantTx, inventory: &Inventory, id: HoldId, reason: &str) -> Result<Changed> {
    let (hold, now) = active(tx, id).await?;
    let changes = claims::free(tx, &hold.items, Owner::Hold(id)).await?;
    let to = StoredHold { state: HoldState::Released, ..hold.clone() };
    let entry = hold.waitlist_entry;
    let changed = save(tx, hold, to, changes, inventory, now).await?;
    end_entries(tx, entry.as_slice(), EntryState::Declined).await?;
    let mut released = ended("hold.released", &changed.hold);
    released.data["reason"] = json!(reason);
    event::append(tx, &[released]).await?;
    Ok(changed)
}

/// Refuses to go on with a hold if checkouts in one of its performances, which are locked, were ended after it was made.
pub(super) async fn may_go_on(tx: &mut TenantTx, hold: &StoredHold) -> Result<()> {
    let performances: Vec<PerformanceId> = hold.items.iter().map(|item| item.performance).collect();
    let ended_at = performances::checkouts_ended_at(tx, &performances).await?;
    Ok(may_finish(hold.created_at, ended_at)?)
}

fn ended(kind: &'static str, hold: &Hold) -> event::NewEvent {
    let tickets: Vec<TicketId> = hold.items.iter().map(|item| item.held.ticket).collect();
    let data = json!({ "id": hold.id, "state": hold.state, "ticket_ids": tickets });
    event::NewEvent::of(kind, "hold", hold.id, hold.version, data)
}
