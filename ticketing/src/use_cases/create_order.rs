//! Makes an order of a hold: prices, fees and refund policy are frozen, and the claims become the order's until its deadline.
//! Its tickets count once more for the buyer, by e-mail address: whoever holds under several names orders as one.

use std::{collections::HashMap, time::Duration};

use accounting::Channel;
use foundation::{
    Code, Error, Instant, Money, Refusal, Result, TenantTx, event,
    id::{HoldId, OrderId, PerformanceId, QuestionId, ResellerId, ShowId, TicketId},
};
use serde_json::{Value, json};

use super::{
    change_hold::{live_at, overtaken, release_hold},
    leave_waitlist::end_entries,
    price_order::Prices,
    sell::sell,
    settle::order_event,
    start_payment::{PATIENCE, new_payment, ready},
};
use crate::{
    inventory::Inventory,
    rules::{
        limit::Subject,
        order::{Buyer, HeldTicket, Order},
        payment::{Payment, Way},
        performance::may_finish,
        waitlist::EntryState,
    },
    store::{
        claims::{self, Change, Owner, Passing},
        holds::{self, StoredHold},
        orders, payments,
        performances::{self, AtOrder},
        slots::{self, Limited},
        stock, terms,
    },
    together::{Step, Together, Waiting},
};

/// An order to be made.
#[derive(Debug, Clone)]
pub struct NewOrder {
    /// Its id, the caller's to choose so that a second try finds the first.
    pub id: OrderId,
    /// Of this hold.
    pub hold: HoldId,
    /// The reseller's own name for it, unique for ever.
    pub reference: Option<String>,
    /// Who buys, as far as known.
    pub buyer: Buyer,
    /// What the caller showed the buyer; refused if the order would cost something else.
    pub expected_total: Option<Money>,
    /// How long it can be paid.
    pub payable_for: Duration,
    /// Who sells it: the face that is asked for it says so.
    pub sold_through: Channel,
    /// Whether money that comes when the tickets are gone may buy others like them.
    pub accepts_equivalents: bool,
    /// What the buyer answered to what the shows ask, as far as known.
    pub answers: Vec<(QuestionId, Value)>,
    /// Of complimentary tickets, whose each of them is, in the order of the items.
    pub guests: Option<Vec<String>>,
    /// How it is to be paid, if its payment is written with it.
    pub pay: Option<Way>,
}

/// An order made, and what memory is to learn once that is committed.
#[derive(Debug)]
pub struct Made {
    /// The order.
    pub order: Order,
    /// Its first payment, which the provider is to be asked for now.
    pub payment: Option<Payment>,
    /// What became of claims.
    pub changes: Vec<Change>,
}

impl Step for NewOrder {
    type Done = Made;
    const NAME: &str = "order";

    async fn all(inventory: &Inventory, tx: &mut TenantTx, steps: &[Self]) -> Result<Vec<Result<Made, Refusal>>> {
        create_orders(tx, inventory, steps).await
    }

    fn changes(done: &Made) -> &[Change] {
        &done.changes
    }

    fn waiting(together: &Together) -> &Waiting<Self> {
        &together.orders
    }
}

/// Makes it. An order that costs nothing is paid by being made.
///
/// # Errors
/// `not_found`, `expired`, `hold_not_active`, `not_on_sale` where sales were stopped for good, `currency_mismatch`, `price_changed`,
/// `reference_taken`, `invalid_field`, `buyer_limit`, `promotion_used_up`: then the caller lets the hold go, with
/// [`free_excess`].
pub async fn create_order(tx: &mut TenantTx, inventory: &Inventory, new: &NewOrder) -> Result<Made> {
    let made = create_orders(tx, inventory, std::slice::from_ref(new)).await?.pop();
    Ok(made.ok_or_else(|| Error::Inconsistent("an order came to nothing".to_owned()))??)
}

/// An order that may be made, with what it is of.
struct Draft<'a> {
    new: &'a NewOrder,
    hold: StoredHold,
    made: Made,
}

/// Makes them, in their order: who asks for what may not be is refused alone, all others are made or none of them.
async fn create_orders(
    tx: &mut TenantTx,
    inventory: &Inventory,
    all: &[NewOrder],
) -> Result<Vec<Result<Made, Refusal>>> {
    let holds = holds_of(tx, all).await?;
    let doors = Doors::lock(tx, holds.iter().flatten()).await?;
    let (mut drafts, mut outcomes) = (Vec::with_capacity(all.len()), Vec::with_capacity(all.len()));
    for draft in drafts_of(tx, all, holds, &doors).await? {
        outcomes.push(draft.map(|draft| drafts.push(draft)));
    }
    if !drafts.is_empty() {
        write(tx, inventory, &mut drafts, doors.now).await?;
    }
    let mut made = drafts.into_iter().map(|draft| draft.made);
    let mut next = |()| made.next().ok_or_else(overtaken);
    Ok(outcomes.into_iter().map(|outcome| outcome.and_then(&mut next)).collect())
}

/// What each of them would be, or why it may not be.
async fn drafts_of<'a>(
    tx: &mut TenantTx,
    all: &'a [NewOrder],
    holds: Vec<Result<StoredHold, Refusal>>,
    doors: &Doors,
) -> Result<Vec<Result<Draft<'a>, Refusal>>> {
    let standing = |(new, hold): (&NewOrder, Result<StoredHold, Refusal>)| {
        if new.reference.as_ref().is_some_and(|reference| !is_reference(reference)) {
            return Err(Refusal::field("/reference", "must be 1 to 200 bytes of text"));
        }
        let hold = hold?;
        live_at(&hold, doors.now)?;
        may_finish(hold.created_at, doors.checkouts_ended_at(&hold))?;
        Ok(hold)
    };
    let holds: Vec<Result<StoredHold, Refusal>> = all.iter().zip(holds).map(standing).collect();
    let prices = Prices::read(tx, holds.iter().flatten(), doors).await?;
    let draft = |(new, hold): (&'a NewOrder, Result<StoredHold, Refusal>)| {
        let hold = hold?;
        let order = prices.order(new, &hold, doors)?;
        as_expected(new, &order)?;
        Ok(Draft { new, hold, made: Made::of(order, new.pay.as_ref()) })
    };
    Ok(all.iter().zip(holds).map(draft).collect())
}

async fn write(tx: &mut TenantTx, inventory: &Inventory, drafts: &mut [Draft<'_>], now: Instant) -> Result<()> {
    reserve(tx, inventory, drafts, now).await?;
    pass(tx, drafts, now).await?;
    let converted: Vec<_> = drafts.iter().map(|draft| (&draft.hold, draft.made.order.id)).collect();
    if !holds::convert(tx, &converted).await? {
        return Err(overtaken().into());
    }
    let offered: Vec<_> = drafts.iter().filter_map(|draft| draft.hold.waitlist_entry).collect();
    end_entries(tx, &offered, EntryState::Accepted).await?;
    orders::insert(tx, &drafts.iter().map(|draft| &draft.made.order).collect::<Vec<_>>()).await?;
    let payments: Vec<&Payment> = drafts.iter().filter_map(|draft| draft.made.payment.as_ref()).collect();
    payments::insert(tx, &payments, PATIENCE).await?;
    let changes: Vec<Change> = drafts.iter().flat_map(|draft| &draft.made.changes).copied().collect();
    let mut events = stock::changed(&changes, inventory.teller);
    events.extend(drafts.iter().map(|draft| order_event("order.created", &draft.made.order)));
    event::append(tx, &events).await?;
    let orders = drafts.iter_mut().map(|draft| &mut draft.made.order);
    let mut free: Vec<&mut Order> = orders.filter(|order| is_free(order)).collect();
    if !free.is_empty() {
        sell(tx, &mut free, now).await?;
    }
    Ok(())
}

fn is_reference(text: &str) -> bool {
    !text.is_empty() && text.len() <= 200 && !text.chars().any(char::is_control)
}

fn is_free(order: &Order) -> bool {
    order.total.is_zero()
}

impl Made {
    /// An order with its first payment, if it is to be paid by the same call and is ready for that.
    fn of(order: Order, pay: Option<&Way>) -> Self {
        let ready = !is_free(&order) && ready(&order).is_ok();
        let payment = pay.filter(|_| ready).map(|way| new_payment(&order, way, 1, order.created_at));
        Self { order, payment, changes: Vec::new() }
    }

    /// Until when its tickets are its own: while a payment of it is open nobody may take them over.
    fn until(&self) -> Instant {
        if is_free(&self.order) || self.payment.is_some() { Instant::NEVER } else { self.order.pay_by }
    }
}

/// The holds of these orders, in their order.
async fn holds_of(tx: &mut TenantTx, all: &[NewOrder]) -> Result<Vec<Result<StoredHold, Refusal>>> {
    let ids: Vec<HoldId> = all.iter().map(|new| new.hold).collect();
    let known: HashMap<HoldId, StoredHold> =
        holds::of_ids(tx, &ids).await?.into_iter().map(|hold| (hold.id, hold)).collect();
    Ok(ids.iter().map(|id| known.get(id).cloned().ok_or_else(|| Refusal::missing("hold"))).collect())
}

/// The performances of some holds, locked against a change of their state.
pub(super) struct Doors {
    pub(super) now: Instant,
    of: HashMap<PerformanceId, AtOrder>,
}

impl Doors {
    async fn lock(tx: &mut TenantTx, holds: impl Iterator<Item = &StoredHold>) -> Result<Self> {
        let mut ids: Vec<PerformanceId> = holds.flat_map(|hold| &hold.items).map(|item| item.performance).collect();
        ids.sort_unstable();
        ids.dedup();
        let rows = performances::lock_for_orders(tx, &ids).await?;
        // The latest reading: what had expired by the first has expired by the last.
        let now = match rows.iter().map(|row| row.now).max() {
            Some(now) => now,
            None => tx.now().await?,
        };
        Ok(Self { now, of: rows.into_iter().map(|row| (row.performance_id, row)).collect() })
    }

    fn checkouts_ended_at(&self, hold: &StoredHold) -> Instant {
        let of = hold.items.iter().filter_map(|item| self.of.get(&item.performance));
        of.map(|row| row.checkouts_ended_at).max().unwrap_or(Instant::LONG_AGO)
    }

    /// Of which shows they are.
    pub(super) fn shows(&self) -> Vec<ShowId> {
        let mut shows: Vec<ShowId> = self.of.values().map(|row| row.show_id).collect();
        shows.sort_unstable();
        shows.dedup();
        shows
    }

    /// Of which show a performance is.
    pub(super) fn show_of(&self, performance: PerformanceId) -> Result<ShowId, Refusal> {
        self.of.get(&performance).map(|row| row.show_id).ok_or_else(|| Refusal::missing("performance"))
    }
}

/// Refuses what would cost something else than the caller has shown the buyer.
fn as_expected(new: &NewOrder, order: &Order) -> Result<(), Refusal> {
    let total = Money::rounded(order.total, order.currency);
    if new.expected_total.is_none_or(|expected| expected == total) {
        return Ok(());
    }
    let detail = format!(
        "The order would cost {} {}, not what was expected; tell the buyer and order again.",
        total.amount(),
        total.currency()
    );
    Err(Refusal::new(Code::PriceChanged, detail).with_alternatives(json!({ "total": total })))
}

/// Counts the tickets once more for their buyers, by address. What the house gives away does not count for who collects it.
async fn reserve(tx: &mut TenantTx, inventory: &Inventory, drafts: &[Draft<'_>], now: Instant) -> Result<()> {
    let counted = || drafts.iter().filter(|draft| draft.new.guests.is_none());
    let tickets: Vec<HeldTicket> = counted().flat_map(|draft| &draft.hold.items).copied().collect();
    if tickets.is_empty() {
        return Ok(());
    }
    let book = terms::of_buyers(tx, &tickets).await?;
    let (sealer, reseller) = (tx.sealer(), tx.reseller());
    let limited = |Draft { hold, made, .. }: &Draft<'_>| {
        let email = made.order.buyer.email.as_ref()?;
        let limited = book.limits_of_buyer(&hold.items, Subject::email(sealer, reseller, email));
        Some(Limited { owner: Owner::Order(made.order.id), until: made.until(), tickets: limited })
    };
    let wanted: Vec<_> = counted().filter_map(limited).collect();
    slots::reserve_all(tx, &inventory.starts, &wanted, now).await
}

/// Makes the claims of the holds their orders', and notes what memory is to learn.
async fn pass(tx: &mut TenantTx, drafts: &mut [Draft<'_>], now: Instant) -> Result<()> {
    let tickets: Vec<HeldTicket> = drafts.iter().flat_map(|draft| &draft.hold.items).copied().collect();
    let owners: Vec<Owner> = drafts.iter().map(|draft| Owner::Hold(draft.hold.id)).collect();
    claims::lock_all(tx, &tickets, &owners).await?;
    let mut passing: Vec<Passing<'_>> = Vec::with_capacity(drafts.len());
    for Draft { hold, made, .. } in &*drafts {
        let (from, to) = (Owner::Hold(hold.id), Owner::Order(made.order.id));
        passing.push(Passing { tickets: &hold.items, from, to, until: made.until() });
    }
    let changes = claims::pass_locked(tx, &passing, now).await?;
    if changes.len() < tickets.len() {
        return Err(overtaken().into());
    }
    let mut of: HashMap<(PerformanceId, TicketId), Change> =
        changes.into_iter().map(|change| ((change.performance, change.ticket), change)).collect();
    for Draft { hold, made, .. } in drafts {
        let changes = hold.items.iter().filter_map(|held| of.remove(&(held.performance, held.ticket)));
        made.changes = changes.map(|change| if is_free(&made.order) { change.sold() } else { change }).collect();
    }
    Ok(())
}

/// Lets the hold go of which no order was made because its buyer has too many tickets: what one may not have is on sale again
/// at once. In a transaction of its own, for the order's has come to nothing. Gives back why there is no order.
pub async fn free_excess(inventory: &Inventory, reseller: ResellerId, hold: HoldId, why: Error) -> Error {
    match &why {
        Error::Refused(refusal) if matches!(refusal.code, Code::BuyerLimit | Code::PromotionUsedUp) => {}
        _ => return why,
    }
    let_go(inventory, reseller, hold).await;
    why
}

/// Lets a hold go of which no order was made.
pub(super) async fn let_go(inventory: &Inventory, reseller: ResellerId, hold: HoldId) {
    let released = async {
        let mut tx = inventory.cell().tenant(reseller).await?;
        let changed = release_hold(&mut tx, inventory, hold).await?;
        tx.commit().await?;
        inventory.learn_own(reseller, &changed.changes);
        Ok::<_, Error>(())
    };
    if let Err(error) = released.await {
        // It has become something else meanwhile, or ends by itself.
        tracing::info!(%error, %hold, "a hold of which no order was made could not be let go");
    }
}
