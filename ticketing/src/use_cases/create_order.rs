//! Makes an order of a hold: prices, fees and refund policy are frozen, and the claims become the order's until its deadline.
//! Its tickets count once more for the buyer, by e-mail address: whoever holds under several names orders as one.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    time::Duration,
};

use accounting::{Channel, SaleFees, TaxRate, TicketFees, TicketTax, ticket_taxes};
use foundation::{
    Code, Currency, Error, Instant, Money, Refusal, Result, TenantTx, event,
    id::{FeeRuleId, HoldId, OrderId, PerformanceId, QuestionId, ResellerId, ShowId},
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    answer_questions,
    change_hold::{live_at, may_go_on, overtaken, release_hold},
    leave_waitlist::end_entries,
};
use crate::{
    inventory::Inventory,
    rules::{
        limit::Subject,
        order::{Buyer, Credential, HoldItem, HoldState, Order, OrderItem, OrderState, check_guests},
        waitlist::EntryState,
    },
    store::{
        claims::{self, Change, Owner, Which},
        holds::{self, StoredHold},
        orders, performances, slots, stock, terms,
    },
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
}

/// An order made, and what memory is to learn once that is committed.
#[derive(Debug)]
pub struct Made {
    /// The order.
    pub order: Order,
    /// What became of claims.
    pub changes: Vec<Change>,
}

/// Makes it. An order that costs nothing is paid by being made.
///
/// # Errors
/// `not_found`, `expired`, `hold_not_active`, `not_on_sale` where sales were stopped for good, `currency_mismatch`, `price_changed`,
/// `reference_taken`, `invalid_field`, `buyer_limit`, `promotion_used_up`: then the caller lets the hold go, with
/// [`free_excess`].
pub async fn create_order(tx: &mut TenantTx, inventory: &Inventory, new: &NewOrder) -> Result<Made> {
    if new.reference.as_ref().is_some_and(|r| r.is_empty() || r.len() > 200 || r.chars().any(char::is_control)) {
        return Err(Refusal::field("/reference", "must be 1 to 200 bytes of text").into());
    }
    let hold = holds::find(tx, new.hold).await?.ok_or_else(|| Refusal::missing("hold"))?;
    let mut performances: Vec<PerformanceId> = hold.items.iter().map(|item| item.performance).collect();
    performances.sort_unstable();
    performances.dedup();
    performances::lock(tx, &performances, false).await?;
    let now = tx.now().await?;
    live_at(&hold, now)?;
    may_go_on(tx, &hold).await?;
    let mut order = price(tx, new, &hold, now).await?;
    if let Some(expected) = new.expected_total {
        let total = Money::rounded(order.total, order.currency);
        if expected != total {
            let detail = format!(
                "The order would cost {} {}, not what was expected; tell the buyer and order again.",
                total.amount(),
                total.currency()
            );
            return Err(Refusal::new(Code::PriceChanged, detail).with_alternatives(json!({ "total": total })).into());
        }
    }
    let owner = Owner::Order(order.id);
    let free = order.total.is_zero();
    let until = if free { Instant::NEVER } else { order.pay_by };
    // What the house gives away does not count for who collects it.
    if let (Some(email), None) = (&order.buyer.email, &new.guests) {
        let buyer = Subject::email(tx.sealer(), tx.reseller(), email);
        let limited = terms::of_buyers(tx, &hold.items).await?.limits_of_buyer(&hold.items, buyer);
        slots::reserve(tx, &inventory.starts, owner, &limited, (now, until)).await?;
    }
    let changes = claims::pass(tx, &hold.items, Owner::Hold(hold.id), owner, until, Which::Live(now)).await?;
    if changes.len() < hold.items.len() {
        return Err(overtaken().into());
    }
    let to = StoredHold { state: HoldState::Converted, order: Some(order.id), ..hold.clone() };
    if !holds::change(tx, &hold, &to).await? {
        return Err(overtaken().into());
    }
    end_entries(tx, hold.waitlist_entry.as_slice(), EntryState::Accepted).await?;
    let changes: Vec<Change> = if free { changes.into_iter().map(Change::sold).collect() } else { changes };
    orders::insert(tx, &order).await?;
    stock::tell(tx, &changes, inventory.teller).await?;
    event::append(tx, &[super::settle::order_event("order.created", &order)]).await?;
    if free {
        super::settle::sell(tx, &mut order, now).await?;
    }
    Ok(Made { order, changes })
}

/// Lets the hold go of which no order was made because its buyer has too many tickets: what one may not have is on sale again
/// at once. In a transaction of its own, for the order's has come to nothing. Gives back why there is no order.
pub async fn free_excess(inventory: &Inventory, reseller: ResellerId, hold: HoldId, why: Error) -> Error {
    match &why {
        Error::Refused(refusal) if matches!(refusal.code, Code::BuyerLimit | Code::PromotionUsedUp) => {}
        _ => return why,
    }
    let released = async {
        let mut tx = inventory.cell().tenant(reseller).await?;
        let changed = release_hold(&mut tx, inventory, hold).await?;
        tx.commit().await?;
        inventory.learn_own(reseller, &changed.changes);
        Ok::<_, Error>(())
    };
    if let Err(error) = released.await {
        // It has become something else meanwhile, or ends by itself.
        tracing::info!(%error, %hold, "a hold of too many tickets could not be let go");
    }
    why
}

async fn price(tx: &mut TenantTx, new: &NewOrder, hold: &StoredHold, now: Instant) -> Result<Order> {
    let held = holds::items(tx, &hold.items).await?;
    let currency = held.first().map(|item| item.price.currency()).ok_or_else(overtaken)?;
    if held.iter().any(|item| item.price.currency() != currency) {
        let detail = "The hold has tickets in several currencies; order them apart.";
        return Err(Refusal::new(Code::CurrencyMismatch, detail).into());
    }
    let held = match &new.guests {
        Some(guests) => given_away(held, guests)?,
        None => held,
    };
    let wanted: Vec<_> = held.iter().map(|item| (item.held.performance, item.face_value().amount())).collect();
    let (shows, fees) = fees_of(tx, &wanted, new.sold_through, currency).await?;
    let prices: Vec<(Decimal, Option<TaxRate>)> =
        held.iter().map(|item| (item.face_value().amount(), item.tax_rate)).collect();
    let taxes = ticket_taxes(&prices, currency);
    let items = held.into_iter().zip(1..).zip(shows).zip(fees.tickets).zip(taxes);
    let mut items: Vec<OrderItem> =
        items.map(|((((item, no), show), fees), tax)| priced(item, no, show, fees, tax)).collect();
    for (item, guest) in items.iter_mut().zip(new.guests.iter().flatten()) {
        item.for_guest(guest.clone());
    }
    let pay_by = now.plus(new.payable_for);
    let answers = answer_questions::read(tx, &items, BTreeMap::new(), &new.answers).await?;
    let mut order = Order {
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
        pay_by,
        accepts_equivalents: new.accepts_equivalents,
        created_at: now,
        paid_at: None,
        version: 1,
        items,
        answers,
        unanswered: Vec::new(),
    };
    order.unanswered = orders::unanswered(tx, &order).await?;
    Ok(order)
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

/// The shows of tickets at these prices, and what selling them together costs in fees. Orders and quotes both ask this.
pub(super) async fn fees_of(
    tx: &mut TenantTx,
    wanted: &[(PerformanceId, Decimal)],
    sold_through: Channel,
    currency: Currency,
) -> Result<(Vec<ShowId>, SaleFees)> {
    let mut show_of = HashMap::new();
    for (performance, _) in wanted {
        if let Entry::Vacant(unknown) = show_of.entry(*performance) {
            unknown.insert(performances::get(tx, *performance).await?.show);
        }
    }
    let tickets: Vec<(ShowId, Decimal)> = wanted.iter().map(|(of, price)| (show_of[of], *price)).collect();
    let shows: Vec<ShowId> = tickets.iter().map(|(show, _)| *show).collect();
    let fees = accounting::fees_in_force(tx, &shows).await?.for_sale(sold_through, &tickets, currency);
    Ok((shows, fees))
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
