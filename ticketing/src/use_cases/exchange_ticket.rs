//! Exchanges a sold ticket for another one of the same price: in one transaction the other one is claimed and the one before is free.
//! No money moves; where the other one is of another performance, the books carry the sale over to it.

use accounting::Exchange;
use foundation::{
    Code, Error, Instant, Money, Refusal, Result, TenantTx,
    id::{OrderId, PerformanceId, TicketId},
};
use serde_json::json;

use super::{
    own_ticket::{self, Owned},
    sell_late::buyers,
    settle::sold_item,
    tell_buyer,
    waitlist_first::check_waitlists,
};
use crate::{
    inventory::Inventory,
    rules::{
        letter::News,
        limit::Limit,
        order::{HeldTicket, Order, OrderItem},
        owner::{OwnerChange, takes_place},
    },
    store::{
        blocks,
        claims::{self, Change, Owner, Wanted},
        offers::{self, Sellable},
        orders, performances, slots, stock, terms,
    },
};

/// Which ticket is wanted instead.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    /// Of this performance of the show; of the same one unless it is said.
    pub performance: Option<PerformanceId>,
    /// This ticket.
    pub ticket: TicketId,
}

/// Exchanges it. Gives the order and what became of claims.
///
/// # Errors
/// `not_found`, `invalid_field` for a ticket that there is not or that is not sold for the same ticket type, `price_differs` with the
/// difference, `seats_unavailable`, `waitlist_first`, what the other one's limits refuse, and what else [`crate::rules::owner::may_change_hands`] refuses.
pub async fn exchange_ticket(
    tx: &mut TenantTx,
    inventory: &Inventory,
    id: OrderId,
    no: i16,
    wish: Wish,
) -> Result<(Order, Vec<Change>)> {
    let order = orders::get(tx, id).await?;
    let before = order.item(no)?;
    let performance = wish.performance.unwrap_or(before.held.performance);
    performances::lock(tx, &[before.held.performance, performance], false).await?;
    let now = tx.now().await?;
    let other = wanted(tx, before, performance, wish.ticket, now).await?;
    check_waitlists(tx, inventory, &[other.held]).await?;
    let limits = take_slots(tx, inventory, &order, &[(before, other.held)], now).await?;
    let replacement = Replacement { item: other, limits: limits.into_iter().map(|(limit, _)| limit).collect() };
    claims::lock(tx, &[before.held, replacement.item.held], Owner::Order(id)).await?;
    let owned = own_ticket::lock(tx, id, no).await?;
    if owned.item.held != before.held {
        let detail = "The ticket is being exchanged by somebody else at the same time; read the order again.";
        return Err(Refusal::new(Code::Busy, detail).with_retry_after(std::time::Duration::from_secs(1)).into());
    }
    let (order, changes, exchange) = carry_over(tx, inventory, owned, replacement, None).await?;
    accounting::post_exchange(tx, &exchange).await?;
    Ok((order, changes))
}

/// A ticket that an item is to have instead of its own, and the limits that it falls under, of which the order has its slots.
pub(super) struct Replacement {
    item: OrderItem,
    limits: Vec<Limit>,
}

impl Replacement {
    /// The item that it is for.
    pub(super) fn no(&self) -> i16 {
        self.item.no
    }
}

/// Tickets of another performance that are kept for items of an order as their replacements, whatever they cost.
pub(super) async fn kept(
    tx: &mut TenantTx,
    inventory: &Inventory,
    order: &Order,
    (performance, items): (PerformanceId, &[(&OrderItem, TicketId)]),
    now: Instant,
) -> Result<Vec<Replacement>> {
    let mut others = Vec::with_capacity(items.len());
    for (item, ticket) in items {
        let found = offers::for_ticket(tx, performance, *ticket, &item.ticket_type).await?;
        let Some(Sellable { place, price_tier, offer: Some((offer, _)) }) = found else {
            return Err(Error::Inconsistent(format!("{ticket} is kept for {} and is not sold like its own", order.id)));
        };
        // By what it was sold, and for how much less, stays what it was.
        let HeldTicket { promotion, block, .. } = item.held;
        let held = HeldTicket { promotion, block, ..HeldTicket::new(performance, *ticket, offer) };
        others.push(OrderItem { held, place, price_tier, ..(*item).clone() });
    }
    let changes: Vec<(&OrderItem, HeldTicket)> =
        items.iter().zip(&others).map(|((item, _), other)| (*item, other.held)).collect();
    let limits = take_slots(tx, inventory, order, &changes, now).await?;
    let replacement = |item: OrderItem| {
        let of_it = limits.iter().filter(|(_, held)| *held == item.held);
        Replacement { limits: of_it.map(|(limit, _)| *limit).collect(), item }
    };
    Ok(others.into_iter().map(replacement).collect())
}

/// The ticket that is wanted, if it is sold for the same ticket type at the same price.
async fn wanted(
    tx: &mut TenantTx,
    before: &OrderItem,
    performance: PerformanceId,
    ticket: TicketId,
    now: Instant,
) -> Result<OrderItem> {
    let missing = |field: &str| Refusal::field(field, "there is none in this show");
    let to = match performances::get(tx, performance).await {
        Ok(to) if to.show == before.show => to,
        Ok(_) => return Err(missing("/performance_id").into()),
        Err(Error::Refused(_)) => return Err(missing("/performance_id").into()),
        Err(error) => return Err(error),
    };
    takes_place(&to, now)?;
    if ticket == before.held.ticket {
        return Err(Refusal::field("/ticket_id", "is the ticket that is to be exchanged").into());
    }
    let found = offers::for_ticket(tx, performance, ticket, &before.ticket_type).await?;
    let Some(Sellable { place, price_tier, offer }) = found else {
        return Err(Refusal::field("/ticket_id", "there is none in this performance").into());
    };
    let Some((offer, price)) = offer else {
        let detail = format!("is of the tier {price_tier}, which has no price for {}", before.ticket_type);
        return Err(Refusal::field("/ticket_id", detail).into());
    };
    // Under the same offer it is an equal ticket, whatever the offer has come to cost since.
    let same = offer == before.held.offer;
    let paid = Money::rounded(before.face_value + before.discount, price.currency());
    if !same && price != paid {
        let difference = Money::rounded(price.amount() - paid.amount(), price.currency());
        let detail = format!(
            "The other ticket costs {} {}, this one {}; only tickets of the same price are exchanged.",
            price.amount(),
            price.currency(),
            paid.amount()
        );
        let told = json!({ "price": price, "difference": difference });
        return Err(Refusal::new(Code::PriceDiffers, detail).with_alternatives(told).into());
    }
    let round = before.held.round.filter(|_| same);
    let held = HeldTicket { performance, ticket, offer, round, ..before.held };
    Ok(OrderItem { held, place, price_tier, ..before.clone() })
}

/// Takes the slots that the other ticket of each item needs in limits in which the one before has none. Gives all limits that they fall
/// under.
async fn take_slots(
    tx: &mut TenantTx,
    inventory: &Inventory,
    order: &Order,
    changes: &[(&OrderItem, HeldTicket)],
    now: Instant,
) -> Result<Vec<(Limit, HeldTicket)>> {
    let buyers = buyers(tx, order).await?;
    let others: Vec<HeldTicket> = changes.iter().map(|(_, other)| *other).collect();
    let again = terms::of_tickets(tx, &others).await?.limits_again(&others, &buyers);
    let mut more = Vec::new();
    for (before, other) in changes {
        let limits: Vec<Limit> = again.iter().filter(|(_, held)| held == other).map(|(limit, _)| *limit).collect();
        let had = slots::has(tx, order.id, before.held, &limits).await?;
        more.extend(limits.into_iter().zip(had).filter(|(_, had)| !had).map(|(limit, _)| (limit, *other)));
    }
    slots::reserve(tx, &inventory.starts, Owner::Order(order.id), &more, (now, Instant::NEVER)).await?;
    Ok(again)
}

/// Claims the other ticket, which is free or `kept` and locked, frees the one before, and writes what it means. Gives what is to be posted:
/// last of all, because all sales of the reseller meet at its balance.
pub(super) async fn carry_over(
    tx: &mut TenantTx,
    inventory: &Inventory,
    mut owned: Owned,
    Replacement { item: other, limits }: Replacement,
    kept: Option<Owner>,
) -> Result<(Order, Vec<Change>, Exchange)> {
    let (id, no, before) = (owned.order.id, owned.item.no, owned.item.clone());
    let order = Owner::Order(id);
    let from = match kept {
        Some(owner) => owner,
        None => claim(tx, &owned, other.held).await?,
    };
    let passed = claims::give_locked(tx, &[other.held], from, order).await?;
    let mut changes: Vec<Change> = passed.into_iter().map(Change::sold).collect();
    slots::carry_over(tx, id, before.held, other.held, &limits).await?;
    changes.extend(claims::free_locked(tx, &[before.held], order).await?);
    if changes.len() != 2 {
        return Err(Error::Inconsistent(format!("{id} does not own its sold tickets")));
    }
    orders::exchange(tx, &mut owned.order, &other).await?;
    owned.item = other;
    stock::tell(tx, &changes, inventory.teller).await?;
    let owner = owned.of.owner.clone();
    let next = owned.change(tx, OwnerChange::Exchanged, owner.clone(), "ticket.exchanged").await?;
    tell_buyer::owner(tx, &owned.order, no, &owner, News::TicketExchanged, owned.now).await?;
    let exchange = Exchange {
        order: id,
        nth: next.no,
        currency: owned.order.currency,
        from: sold_item(&before),
        to: sold_item(&owned.item),
    };
    Ok((owned.order, changes, exchange))
}

/// Claims a free ticket through a hold's claim, because taking what is free is the claims' one way of giving tickets.
async fn claim(tx: &mut TenantTx, owned: &Owned, held: HeldTicket) -> Result<Owner> {
    let HeldTicket { performance, ticket, .. } = held;
    let hold = owned.order.hold;
    let wanted = Wanted { hold, performance, ticket, until: Instant::NEVER };
    // What is set aside for a seller is nobody else's.
    let set_aside = blocks::anothers(tx, &[held]).await?;
    if set_aside || claims::take(tx, &[wanted], owned.now).await?.is_empty() {
        let taken = Refusal::new(Code::SeatsUnavailable, "The other ticket is taken.");
        return Err(taken.with_alternatives(json!({ "unavailable": [ticket] })).into());
    }
    Ok(Owner::Hold(hold))
}
