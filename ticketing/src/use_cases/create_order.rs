//! Makes an order of a hold: prices, fees and refund policy are frozen, and the claims become the order's until its deadline.
//! Its tickets count once more for the buyer, by e-mail address: whoever holds under several names orders as one.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use accounting::{Channel, FeeRules, TaxRate, TicketFees, TicketTax, ticket_taxes};
use foundation::{
    Code, Error, Instant, Money, Refusal, Result, TenantTx, event,
    id::{FeeRuleId, HoldId, OrderId, PerformanceId, QuestionId, ResellerId, ShowId, TicketId},
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    answer_questions,
    change_hold::{live_at, overtaken, release_hold},
    leave_waitlist::end_entries,
    sell::sell,
    settle::order_event,
    start_payment::{PATIENCE, new_payment, ready},
};
use crate::{
    inventory::Inventory,
    rules::{
        limit::Subject,
        order::{Buyer, Credential, HeldTicket, HoldItem, Order, OrderItem, OrderState, check_guests},
        payment::{Payment, Way},
        performance::may_finish,
        question::Question,
        waitlist::EntryState,
    },
    store::{
        claims::{self, Change, Owner, Passing},
        holds::{self, StoredHold},
        orders, payments,
        performances::{self, AtOrder},
        questions,
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

    async fn all(inventory: &Inventory, tx: &mut TenantTx, steps: &[Self]) -> Result<Vec<Made>> {
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
    made.ok_or_else(|| Error::Inconsistent("an order came to nothing".to_owned()))
}

/// Makes them all or none, in their order.
async fn create_orders(tx: &mut TenantTx, inventory: &Inventory, all: &[NewOrder]) -> Result<Vec<Made>> {
    if all.iter().filter_map(|new| new.reference.as_ref()).any(|r| !is_reference(r)) {
        return Err(Refusal::field("/reference", "must be 1 to 200 bytes of text").into());
    }
    let holds = holds_of(tx, all).await?;
    let doors = Doors::lock(tx, &holds).await?;
    for hold in &holds {
        live_at(hold, doors.now)?;
        may_finish(hold.created_at, doors.checkouts_ended_at(hold))?;
    }
    let orders = price(tx, all, &holds, &doors).await?;
    as_expected(all, &orders)?;
    let mut made: Vec<Made> =
        orders.into_iter().zip(all).map(|(order, new)| Made::of(order, new.pay.as_ref())).collect();
    reserve(tx, inventory, all, &made, &holds, doors.now).await?;
    pass(tx, &mut made, &holds, doors.now).await?;
    let converted: Vec<_> = holds.iter().zip(&made).map(|(hold, made)| (hold, made.order.id)).collect();
    if !holds::convert(tx, &converted).await? {
        return Err(overtaken().into());
    }
    let offered: Vec<_> = holds.iter().filter_map(|hold| hold.waitlist_entry).collect();
    end_entries(tx, &offered, EntryState::Accepted).await?;
    orders::insert(tx, &made.iter().map(|made| &made.order).collect::<Vec<_>>()).await?;
    let payments: Vec<&Payment> = made.iter().filter_map(|made| made.payment.as_ref()).collect();
    payments::insert(tx, &payments, PATIENCE).await?;
    let changes: Vec<Change> = made.iter().flat_map(|made| &made.changes).copied().collect();
    let mut events = stock::changed(&changes, inventory.teller);
    events.extend(made.iter().map(|made| order_event("order.created", &made.order)));
    event::append(tx, &events).await?;
    let mut free: Vec<&mut Order> =
        made.iter_mut().map(|made| &mut made.order).filter(|order| is_free(order)).collect();
    if !free.is_empty() {
        sell(tx, &mut free, doors.now).await?;
    }
    Ok(made)
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
async fn holds_of(tx: &mut TenantTx, all: &[NewOrder]) -> Result<Vec<StoredHold>> {
    let ids: Vec<HoldId> = all.iter().map(|new| new.hold).collect();
    let known: HashMap<HoldId, StoredHold> =
        holds::of_ids(tx, &ids).await?.into_iter().map(|hold| (hold.id, hold)).collect();
    let hold = |id: &HoldId| known.get(id).cloned().ok_or_else(|| Refusal::missing("hold").into());
    ids.iter().map(hold).collect()
}

/// The performances of some holds, locked against a change of their state.
struct Doors {
    now: Instant,
    of: HashMap<PerformanceId, AtOrder>,
}

impl Doors {
    async fn lock(tx: &mut TenantTx, holds: &[StoredHold]) -> Result<Self> {
        let mut ids: Vec<PerformanceId> =
            holds.iter().flat_map(|hold| &hold.items).map(|item| item.performance).collect();
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

    fn show_of(&self, performance: PerformanceId) -> Result<ShowId, Refusal> {
        self.of.get(&performance).map(|row| row.show_id).ok_or_else(|| Refusal::missing("performance"))
    }
}

/// Refuses what would cost something else than the caller has shown the buyer.
fn as_expected(all: &[NewOrder], orders: &[Order]) -> Result<(), Refusal> {
    for (new, order) in all.iter().zip(orders) {
        let total = Money::rounded(order.total, order.currency);
        if new.expected_total.is_some_and(|expected| expected != total) {
            let detail = format!(
                "The order would cost {} {}, not what was expected; tell the buyer and order again.",
                total.amount(),
                total.currency()
            );
            return Err(Refusal::new(Code::PriceChanged, detail).with_alternatives(json!({ "total": total })));
        }
    }
    Ok(())
}

/// Counts the tickets once more for their buyers, by address. What the house gives away does not count for who collects it.
async fn reserve(
    tx: &mut TenantTx,
    inventory: &Inventory,
    all: &[NewOrder],
    made: &[Made],
    holds: &[StoredHold],
    now: Instant,
) -> Result<()> {
    let counted = || all.iter().zip(made).zip(holds).filter(|((new, _), _)| new.guests.is_none());
    let tickets: Vec<HeldTicket> = counted().flat_map(|(_, hold)| &hold.items).copied().collect();
    if tickets.is_empty() {
        return Ok(());
    }
    let book = terms::of_buyers(tx, &tickets).await?;
    let (sealer, reseller) = (tx.sealer(), tx.reseller());
    let limited = |((_, made), hold): ((&NewOrder, &Made), &StoredHold)| {
        let email = made.order.buyer.email.as_ref()?;
        let limited = book.limits_of_buyer(&hold.items, Subject::email(sealer, reseller, email));
        Some(Limited { owner: Owner::Order(made.order.id), until: made.until(), tickets: limited })
    };
    let wanted: Vec<_> = counted().filter_map(limited).collect();
    slots::reserve_all(tx, &inventory.starts, &wanted, now).await
}

/// Makes the claims of the holds their orders', and notes what memory is to learn.
async fn pass(tx: &mut TenantTx, made: &mut [Made], holds: &[StoredHold], now: Instant) -> Result<()> {
    let tickets: Vec<HeldTicket> = holds.iter().flat_map(|hold| &hold.items).copied().collect();
    let owners: Vec<Owner> = holds.iter().map(|hold| Owner::Hold(hold.id)).collect();
    claims::lock_all(tx, &tickets, &owners).await?;
    let passing = |(made, hold): (&Made, &'_ StoredHold)| (Owner::Order(made.order.id), made.until(), hold.id);
    let passing: Vec<_> = made.iter().zip(holds).map(passing).collect();
    let passing: Vec<Passing<'_>> = passing
        .into_iter()
        .zip(holds)
        .map(|((to, until, hold), of)| Passing { tickets: &of.items, from: Owner::Hold(hold), to, until })
        .collect();
    let changes = claims::pass_locked(tx, &passing, now).await?;
    if changes.len() < tickets.len() {
        return Err(overtaken().into());
    }
    let mut of: HashMap<(PerformanceId, TicketId), Change> =
        changes.into_iter().map(|change| ((change.performance, change.ticket), change)).collect();
    for (made, hold) in made.iter_mut().zip(holds) {
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

/// The orders of these holds, with what they cost now.
async fn price(tx: &mut TenantTx, all: &[NewOrder], holds: &[StoredHold], doors: &Doors) -> Result<Vec<Order>> {
    let tickets: Vec<HeldTicket> = holds.iter().flat_map(|hold| &hold.items).copied().collect();
    let mut held = holds::items(tx, &tickets).await?.into_iter();
    let mut shows: Vec<ShowId> =
        tickets.iter().map(|held| doors.show_of(held.performance)).collect::<Result<_, Refusal>>()?;
    shows.sort_unstable();
    shows.dedup();
    let rules = accounting::fees_in_force(tx, &shows).await?;
    let asked = questions::of_shows(tx, &shows).await?;
    let order = |(new, hold): (&NewOrder, &StoredHold)| {
        let held: Vec<HoldItem> = held.by_ref().take(hold.items.len()).collect();
        let mut order = price_one(new, hold, held, doors, &rules)?;
        let shows = order.shows();
        let of_these: Vec<Question> = asked.iter().filter(|question| shows.contains(&question.show)).cloned().collect();
        order.answers = answer_questions::read(&of_these, BTreeMap::new(), &new.answers)?;
        order.note_unanswered(&of_these);
        Ok(order)
    };
    all.iter().zip(holds).map(order).collect()
}

fn price_one(new: &NewOrder, hold: &StoredHold, held: Vec<HoldItem>, doors: &Doors, rules: &FeeRules) -> Result<Order> {
    let currency = held.first().map(|item| item.price.currency()).ok_or_else(overtaken)?;
    if held.iter().any(|item| item.price.currency() != currency) {
        let detail = "The hold has tickets in several currencies; order them apart.";
        return Err(Refusal::new(Code::CurrencyMismatch, detail).into());
    }
    let held = match &new.guests {
        Some(guests) => given_away(held, guests)?,
        None => held,
    };
    let tickets: Vec<(ShowId, Decimal)> = held
        .iter()
        .map(|item| Ok((doors.show_of(item.held.performance)?, item.face_value().amount())))
        .collect::<Result<_, Refusal>>()?;
    let fees = rules.for_sale(new.sold_through, &tickets, currency);
    let prices: Vec<(Decimal, Option<TaxRate>)> =
        held.iter().map(|item| (item.face_value().amount(), item.tax_rate)).collect();
    let taxes = ticket_taxes(&prices, currency);
    let shows = tickets.into_iter().map(|(show, _)| show);
    let items = held.into_iter().zip(1..).zip(shows).zip(fees.tickets).zip(taxes);
    let mut items: Vec<OrderItem> =
        items.map(|((((item, no), show), fees), tax)| priced(item, no, show, fees, tax)).collect();
    for (item, guest) in items.iter_mut().zip(new.guests.iter().flatten()) {
        item.for_guest(guest.clone());
    }
    Ok(Order {
        id: new.id,
        state: OrderState::AwaitingPayment,
        hold: hold.id,
        reference: new.reference.clone(),
        buyer: new.buyer.clone(),
        currency,
        total: items.iter().map(|item| item.total).sum::<Decimal>(),
        by_credit: Decimal::ZERO,
        refund_policy: fees.refund_policy,
        sold_through: new.sold_through,
        pay_by: doors.now.plus(new.payable_for),
        accepts_equivalents: new.accepts_equivalents,
        created_at: doors.now,
        paid_at: None,
        version: 1,
        items,
        answers: BTreeMap::new(),
        unanswered: Vec::new(),
    })
}

/// Complimentary tickets: all of the price is taken off, and each is for a guest by name.
fn given_away(held: Vec<HoldItem>, guests: &[String]) -> Result<Vec<HoldItem>, Refusal> {
    check_guests(guests, held.len())?;
    let mut held = held;
    for item in &mut held {
        item.held.promotion = None;
        item.discount = item.price;
    }
    Ok(held)
}

fn priced(
    item: HoldItem,
    no: i16,
    show: ShowId,
    (fee_rule, fees): (FeeRuleId, TicketFees),
    tax: Option<TicketTax>,
) -> OrderItem {
    let face_value = item.face_value().amount();
    OrderItem {
        no,
        held: item.held,
        show,
        place: item.place,
        ticket_type: item.ticket_type,
        price_tier: item.price_tier,
        discount: item.discount.amount(),
        face_value,
        tax,
        platform_fee: fees.platform_fee,
        platform_fee_tax: fees.platform_fee_tax,
        hosting_fee: fees.hosting_fee,
        hosting_fee_tax: fees.hosting_fee_tax,
        fee_rule,
        buyer_fee: fees.buyer_fee,
        total: face_value + fees.buyer_fee,
        guest: None,
        credential: Credential::None,
        checked_in: None,
    }
}
