//! Serves waitlists: what is free goes to the first whom it fits, as a hold until its offer ends. Found by looking, like
//! everything that time does, because a hold that lapses tells nobody.

use std::time::Duration;

use foundation::{
    Code, Error, Instant, Refusal, Result, TenantTx, event,
    id::{HoldId, OfferId, PerformanceId, ResellerId, TicketId, WaitlistEntryId},
};

use super::{change_hold::on_terms, join_waitlist::entry_event, leave_waitlist::end_entries, tell_waiting::tell_entry};
use crate::{
    inventory::{Inventory, held_items},
    rules::{
        order::{HoldItem, Pick, Want},
        performance::{Performance, PerformanceState, on_sale},
        stock::Keeper,
        terms::{AskedBy, Asker},
        waitlist::{Desk, Entry, EntryState, Waitlist, Wanted},
    },
    store::{
        claims::{self, Change, Owner},
        holds::{self, NewHold},
        performances, shows, slots, stock, waitlist_entries, waitlists,
    },
};

/// How many entries are read at a time.
const PAGE: i64 = 500;
/// How long a list is left alone whose performance is not on sale.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// The most offers, and the most entries closed, of one look.
const SERVED_MAX: usize = 200;

/// Looks at a performance's list if that is due or anything it waits for is free. Gives how many entries it served or closed.
///
/// # Errors
/// The database's; `busy` if others take tickets past the list at the same time.
pub(super) async fn look_at_waitlist(
    inventory: &Inventory,
    reseller: ResellerId,
    performance: PerformanceId,
    due: bool,
) -> Result<usize> {
    let seen = inventory.stirred(reseller, performance).await?;
    if !due && (seen.is_none() || !worth_a_look(inventory, reseller, performance).await?) {
        seen.into_iter().for_each(|seen| inventory.looked(reseller, performance, seen));
        return Ok(0);
    }
    let served = serve(inventory, reseller, performance).await?;
    seen.into_iter().for_each(|seen| inventory.looked(reseller, performance, seen));
    Ok(served)
}

async fn worth_a_look(inventory: &Inventory, reseller: ResellerId, performance: PerformanceId) -> Result<bool> {
    let mut tx = inventory.cell().snapshot(reseller).await?;
    let mut wanted = waitlists::wanted(&mut tx, &[performance]).await?;
    let left = waitlists::leftovers(&mut tx, performance).await?;
    Ok(inventory.has_for(reseller, performance, &wanted.remove(&performance).unwrap_or_default(), &left))
}

async fn serve(inventory: &Inventory, reseller: ResellerId, performance: PerformanceId) -> Result<usize> {
    let mut tx = inventory.cell().tenant(reseller).await?;
    // Exclusive: holds on their way are waited for, and none is made until what is free has found whom it is for.
    performances::lock(&mut tx, &[performance], true).await?;
    let list = waitlists::get(&mut tx, performance).await?;
    let of = performances::get(&mut tx, performance).await?;
    let show = shows::get(&mut tx, of.show).await?;
    let now = tx.now().await?;
    if of.state == PerformanceState::Cancelled || of.times.off_sale_at <= now {
        let closed = close(&mut tx, performance).await?;
        waitlists::fewer(&mut tx, performance, closed, now).await?;
        event::append(&mut tx, &[stock::waited_for(performance)]).await?;
        tx.commit().await?;
        return Ok(closed);
    }
    if on_sale(show.state, of.state, of.times.on_sale_at, of.times.off_sale_at, now).is_err() {
        waitlists::put_off(&mut tx, performance, now.plus(LOOK_AGAIN)).await?;
        tx.commit().await?;
        return Ok(0);
    }
    let served = Look::over(&mut tx, inventory, (list, &of), now).await?;
    tx.commit().await?;
    inventory.learn_own(reseller, &served.changes);
    Ok(served.entries)
}

async fn close(tx: &mut TenantTx, performance: PerformanceId) -> Result<usize> {
    let page = i64::try_from(SERVED_MAX).unwrap_or(PAGE);
    let waiting = waitlist_entries::list(tx, performance, Some(EntryState::Waiting), 0, page).await?;
    let ids: Vec<WaitlistEntryId> = waiting.iter().map(|entry| entry.id).collect();
    Ok(end_entries(tx, &ids, EntryState::Closed).await?.len())
}

/// What a look came to.
struct Served {
    entries: usize,
    changes: Vec<Change>,
}

/// One look at a list, whose performance is locked exclusively.
struct Look<'a> {
    tx: &'a mut TenantTx,
    inventory: &'a Inventory,
    performance: PerformanceId,
    now: Instant,
    until: Instant,
    desk: Desk,
    served: Served,
}

impl<'a> Look<'a> {
    async fn over(
        tx: &'a mut TenantTx,
        inventory: &'a Inventory,
        (list, of): (Waitlist, &Performance),
        now: Instant,
    ) -> Result<Served> {
        let until = now.plus(list.offer_lasts()).min(of.times.off_sale_at);
        // As it is now, and not as memory has it: the order of the list must not hang on what was heard when.
        let stock = stock::load(tx, &inventory.plans, of.id, now, 0).await?;
        let desk = Desk::open(stock.ok_or_else(|| Refusal::missing("performance"))?, now);
        let served = Served { entries: 0, changes: Vec::new() };
        let mut look = Self { tx, inventory, performance: of.id, now, until, desk, served };
        let due_at = look.go_through(of.times.off_sale_at).await?;
        let Look { tx, desk, served, .. } = look;
        // Whose turn did not come in this look may have use for what is left.
        let leftovers = if served.entries < SERVED_MAX { desk.leftovers() } else { Vec::new() };
        stock::tell(tx, &served.changes, inventory.teller).await?;
        waitlists::settle(tx, of.id, served.entries, (desk.wanted(), &leftovers), due_at).await?;
        event::append(tx, &[stock::waited_for(of.id)]).await?;
        Ok(served)
    }

    /// Offers to whom it fits, in the order of the list. Gives when the list is to be looked at again.
    async fn go_through(&mut self, off_sale_at: Instant) -> Result<Instant> {
        let mut due_at = off_sale_at;
        let mut begin_to_gather = Vec::new();
        let mut after = 0;
        loop {
            let page =
                waitlist_entries::list(self.tx, self.performance, Some(EntryState::Waiting), after, PAGE).await?;
            for entry in &page {
                after = entry.no;
                if self.served.entries < SERVED_MAX && self.serve(entry).await? {
                    self.served.entries += 1;
                } else if self.desk.pass(entry) {
                    let until = entry.gathers_until.unwrap_or(self.until);
                    due_at = due_at.min(until);
                    begin_to_gather.push(entry.id);
                }
            }
            if page.len() < usize::try_from(PAGE).unwrap_or_default() {
                break;
            }
        }
        waitlist_entries::gather(self.tx, &begin_to_gather, self.until).await?;
        Ok(if self.served.entries < SERVED_MAX { due_at } else { self.now })
    }

    /// Offers an entry the best of what would do that can be had, if any can.
    async fn serve(&mut self, entry: &Entry) -> Result<bool> {
        for wanted in &entry.wants {
            let Some(tickets) = self.desk.propose(wanted) else { continue };
            if self.offer(entry, wanted, &tickets).await? {
                return Ok(true);
            }
            self.desk.take_back(&tickets);
        }
        Ok(false)
    }

    /// Holds the tickets for the entry until its offer ends. Gives whether they are sold to it at all: a sale round may be full,
    /// or not for this buyer.
    async fn offer(&mut self, entry: &Entry, wanted: &Wanted, tickets: &[(TicketId, OfferId)]) -> Result<bool> {
        let Some(mut items) = held_items(self.desk.stock(), self.performance, tickets) else { return Ok(false) };
        let hold = HoldId::new();
        if !self.on_terms(entry, wanted, hold, &mut items).await? {
            return Ok(false);
        }
        let held: Vec<_> = items.iter().map(|item| item.held).collect();
        let wanted = held.iter().map(|held| claims::Wanted {
            hold,
            performance: held.performance,
            ticket: held.ticket,
            until: self.until,
        });
        let wanted: Vec<claims::Wanted> = wanted.collect();
        if claims::take(self.tx, &wanted, self.now).await?.len() < wanted.len() {
            // Money that came late has got one of them in this moment: the whole look is begun anew.
            return Err(Refusal::new(Code::Busy, "Tickets of the waitlist were taken at the same time.").into());
        }
        // So that the hold tells what an order of it will cost.
        let (buyer_reference, sold_through) = (entry.buyer_reference.clone(), entry.sold_through);
        let new = NewHold { id: hold, items: held, buyer_reference, sold_through, expires_at: self.until };
        holds::insert_many(self.tx, &[new], self.now).await?;
        let version = waitlist_entries::offer(self.tx, entry.id, hold, self.until).await?;
        let offered = Entry { state: EntryState::Offered, offer: Some((hold, self.until)), version, ..entry.clone() };
        event::append(self.tx, &[entry_event("waitlist.offered", &offered)]).await?;
        tell_entry(self.tx, &offered, &items).await?;
        let change = |w: &claims::Wanted| Change {
            performance: w.performance,
            ticket: w.ticket,
            until: w.until,
            by: Keeper::Hold,
        };
        self.served.changes.extend(wanted.iter().map(change));
        Ok(true)
    }

    /// Puts the tickets on the terms on which this buyer may have them, and takes the slots for them.
    async fn on_terms(&mut self, entry: &Entry, wanted: &Wanted, hold: HoldId, items: &mut [HoldItem]) -> Result<bool> {
        let by = AskedBy {
            reference: entry.buyer_reference.clone(),
            email: entry.buyer.email.clone(),
            ..AskedBy::default()
        };
        let asker = Asker::of(self.tx.sealer(), self.tx.reseller(), &by);
        let wants = [Want { performance: self.performance, pick: Pick::Best(wanted.party.clone()) }];
        let (starts, performances) = (&self.inventory.starts, [self.performance]);
        let slots = match on_terms(self.tx, starts, &performances, (&asker, &wants), items, self.now).await {
            Ok(slots) => slots,
            Err(Error::Refused(_)) => return Ok(false),
            Err(error) => return Err(error),
        };
        Ok(slots::take_all(self.tx, Owner::Hold(hold), &slots, (self.now, self.until)).await?)
    }
}
