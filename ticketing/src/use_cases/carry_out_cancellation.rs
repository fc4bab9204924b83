//! Carries a cancellation on, a page at a time, from wherever it was left: tells who has tickets and keeps equal ones for them where
//! that is offered, waits until they have chosen, and does the default for who has not. An order has its outcome in one transaction with
//! everything that follows from it, so wherever the work stops it has one or none, and never two.

use std::collections::{BTreeMap, HashSet};

use foundation::{
    Code, Error, Instant, Result, TenantTx, event,
    id::{CancellationId, OrderId, PerformanceId, ResellerId, TicketId},
};
use futures_util::future::join_all;
use serde_json::json;

use super::{
    carry_on::{look, put_off},
    decide_cancellation::{carry_out, give_up, good},
    settle::order_event,
    tell_buyer,
};
use crate::{
    inventory::Inventory,
    rules::{
        cancellation::{Cancellation, OrderRemedy, Remedy},
        choice::ChoiceState,
        order::{HeldTicket, Order, OrderItem},
    },
    store::{
        cancellations,
        choices::{self, Process},
        claims::{self, Change, Owner},
        orders, stock,
    },
};

/// How many are told in one transaction: to find them goes through all of the performance's orders.
const TOLD_AT_ONCE: i64 = 100;
/// How many orders get their outcome at once, each in its own transaction.
const AT_ONCE: usize = 4;

/// Carries it on by a page. Gives how many orders were seen to.
///
/// # Errors
/// `not_found`; the database's.
pub async fn carry_out_cancellation(inventory: &Inventory, reseller: ResellerId, id: CancellationId) -> Result<usize> {
    let mut tx = inventory.cell().tenant(reseller).await?;
    let process = Process::Cancellation(id);
    choices::lock(&mut tx, process).await?;
    let mut of = cancellations::get(&mut tx, id).await?;
    let now = tx.now().await?;
    // While some are to be closed nobody is looked for: that goes through all of the performance's orders.
    let closing = of.state == ChoiceState::Closing && !choices::open_orders(&mut tx, process, now, 1).await?.is_empty();
    // Asked before who is still to be told: whoever pays in between is told then.
    let over = of.state == ChoiceState::Closing || of.decide_by <= now;
    let waits = closing || over && orders::any_unpaid(&mut tx, of.performance).await?;
    let (told, changes) = if closing { (0, Vec::new()) } else { tell(&mut tx, inventory, &of, now).await? };
    let look = look(&mut tx, process, (of.state, of.decide_by), told, waits, now).await?;
    let ended = look.ended(of.state);
    (of.state, of.version) = (look.state, look.version);
    if ended {
        let told = completed(&mut tx, &of).await?;
        event::append(&mut tx, &[told]).await?;
    }
    tx.commit().await?;
    inventory.learn_own(reseller, &changes);
    close_all(inventory, reseller, &of, &look.closing).await?;
    Ok(told + look.closing.len())
}

/// Tells the buyers of a page of orders, and keeps equal tickets for them where that is offered.
async fn tell(
    tx: &mut TenantTx,
    inventory: &Inventory,
    of: &Cancellation,
    now: Instant,
) -> Result<(usize, Vec<Change>)> {
    let process = Process::Cancellation(of.id);
    let untold = choices::untold(tx, process, of.performance, Instant::NEVER, TOLD_AT_ONCE).await?;
    if untold.is_empty() {
        return Ok((0, Vec::new()));
    }
    let before = orders::of_ids(tx, &untold).await?;
    // Claims come before orders in the order of locks.
    let (kept, changes) = keep(tx, of, &before, now).await?;
    let mut orders = orders::lock_all(tx, &untold).await?;
    cancellations::add_orders(tx, of.id, &untold, &kept).await?;
    orders::touch_all(tx, &mut orders).await?;
    let kept_for: Vec<bool> = kept.iter().map(|kept| !kept.is_empty()).collect();
    tell_buyer::performance_cancelled(tx, of, &orders, &kept_for, now).await?;
    let mut events = stock::changed(&changes, inventory.teller);
    events.extend(orders.iter().map(|order| {
        let mut told = order_event("order.performance_cancelled", order);
        told.data["cancellation_id"] = json!(of.id);
        told
    }));
    event::append(tx, &events).await?;
    Ok((untold.len(), changes))
}

/// Keeps for each order an equal ticket for each of its own, all or none: the same seat where that is free.
async fn keep(
    tx: &mut TenantTx,
    of: &Cancellation,
    orders: &[Order],
    now: Instant,
) -> Result<(Vec<Vec<(i16, TicketId)>>, Vec<Change>)> {
    let none = || vec![Vec::new(); orders.len()];
    let Some(to) = of.replacement.filter(|_| of.offered.contains(&Remedy::Replacement)) else {
        return Ok((none(), Vec::new()));
    };
    let items: Vec<(usize, &OrderItem)> =
        orders.iter().enumerate().flat_map(|(nth, order)| good(order, of).map(move |item| (nth, item))).collect();
    let found = equal(tx, of, &items, now).await?;
    let mut kept = none();
    for ((nth, item), ticket) in items.iter().zip(&found) {
        kept[*nth].extend(ticket.map(|ticket| (item.no, ticket)));
    }
    for (order, kept) in orders.iter().zip(&mut kept) {
        if kept.len() < good(order, of).count() {
            kept.clear();
        }
    }
    let wanted: Vec<(OrderId, PerformanceId, TicketId)> = orders
        .iter()
        .zip(&kept)
        .flat_map(|(order, kept)| kept.iter().map(move |(_, ticket)| (order.id, to, *ticket)))
        .collect();
    let mut got = claims::keep(tx, &wanted, now).await?;
    for (order, kept) in orders.iter().zip(&mut kept) {
        if got.iter().filter(|(of, _)| *of == order.id).count() < kept.len() {
            // Somebody else was faster with one of them.
            claims::free(tx, &kept_tickets(of, order, kept), Owner::BlockOf(order.id)).await?;
            got.retain(|(of, _)| *of != order.id);
            kept.clear();
        }
    }
    Ok((kept, got.into_iter().map(|(_, change)| change).collect()))
}

/// The kept tickets as claims know them.
pub(super) fn kept_tickets(of: &Cancellation, order: &Order, kept: &[(i16, TicketId)]) -> Vec<HeldTicket> {
    let ticket = |(no, ticket): &(i16, TicketId)| {
        let item = order.items.iter().find(|item| item.no == *no)?;
        Some(HeldTicket::new(of.replacement?, *ticket, item.held.offer))
    };
    kept.iter().filter_map(ticket).collect()
}

/// For each item a ticket that is equal to it, no ticket twice.
async fn equal(
    tx: &mut TenantTx,
    of: &Cancellation,
    items: &[(usize, &OrderItem)],
    now: Instant,
) -> Result<Vec<Option<TicketId>>> {
    let mut found: Vec<Option<TicketId>> = vec![None; items.len()];
    let Some(to) = of.replacement else { return Ok(found) };
    let all: Vec<&OrderItem> = items.iter().map(|(_, item)| *item).collect();
    let mut taken: HashSet<TicketId> = HashSet::new();
    for (nth, ticket) in cancellations::same_seats(tx, to, &all, now).await? {
        if taken.insert(ticket) {
            found[nth] = Some(ticket);
        }
    }
    // In the order of the items, so that who comes first has the better ones.
    let mut open: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (nth, item) in all.iter().enumerate().filter(|(nth, _)| found[*nth].is_none()) {
        open.entry((item.price_tier.as_str(), item.ticket_type.as_str())).or_default().push(nth);
    }
    for (kind, open) in open {
        let but: Vec<TicketId> = taken.iter().copied().collect();
        let others = cancellations::equal_tickets(tx, to, kind, &but, open.len(), now).await?;
        for (nth, ticket) in open.into_iter().zip(others) {
            taken.insert(ticket);
            found[nth] = Some(ticket);
        }
    }
    Ok(found)
}

/// Does the default for orders whose buyers have not chosen. What cannot be done now is put off, and none of the others waits for it.
async fn close_all(inventory: &Inventory, reseller: ResellerId, of: &Cancellation, ids: &[OrderId]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    // If one of them cannot be read, each is read for itself.
    let orders = orders::of_ids(&mut inventory.cell().tenant(reseller).await?, ids).await.unwrap_or_default();
    let mut again: Vec<OrderId> = ids.iter().copied().filter(|id| orders.iter().all(|order| order.id != *id)).collect();
    let mut failed = Vec::new();
    for some in orders.chunks(AT_ONCE) {
        let closed = join_all(some.iter().map(|order| close(inventory, reseller, of, order))).await;
        for (order, closed) in some.iter().zip(closed) {
            match closed {
                // Two of one buyer wanted the same places in its limits, or it has changed since: one after the other, as it is now.
                Err(Error::Refused(refusal)) if refusal.code == Code::Busy => again.push(order.id),
                Err(error) => failed.push((order.id, error)),
                Ok(()) => {}
            }
        }
    }
    for order in again {
        let closed = close_anew(inventory, reseller, of, order).await;
        failed.extend(closed.err().map(|error| (order, error)));
    }
    for (order, error) in failed {
        put_off(inventory, reseller, Process::Cancellation(of.id), order, &error).await;
    }
    Ok(())
}

async fn close_anew(inventory: &Inventory, reseller: ResellerId, of: &Cancellation, id: OrderId) -> Result<()> {
    let order = orders::get(&mut inventory.cell().tenant(reseller).await?, id).await?;
    close(inventory, reseller, of, &order).await
}

/// Does the default for an order, as it was looked at, whose buyer has not chosen. A replacement that cannot be is what else is offered, or
/// a refund; what cannot be given back either is noted with its reason for a person.
async fn close(inventory: &Inventory, reseller: ResellerId, of: &Cancellation, order: &Order) -> Result<()> {
    let mut tries = vec![of.default];
    if of.default == Remedy::Replacement {
        tries.push(of.default_for(false));
    }
    let mut problem = String::new();
    for remedy in &tries {
        let mut tx = inventory.cell().tenant(reseller).await?;
        match carry_out(&mut tx, inventory, of, order, *remedy, true).await {
            Ok(decided) => {
                tx.commit().await?;
                inventory.learn_own(reseller, &decided.changes);
                return Ok(());
            }
            Err(Error::Refused(refusal)) if refusal.code == Code::Busy => {
                return Err(Error::Refused(refusal));
            }
            Err(Error::Refused(refusal)) => problem = refusal.detail.into_owned(),
            Err(error) => return Err(error),
        }
    }
    let mut tx = inventory.cell().tenant(reseller).await?;
    let now = tx.now().await?;
    let changes = give_up(&mut tx, inventory, of, order).await?;
    let decided = OrderRemedy {
        order: order.id,
        decision: tries.last().copied(),
        by_default: true,
        refund: None,
        problem: Some(problem),
        kept: Vec::new(),
        decided_at: Some(now),
    };
    if cancellations::decide(&mut tx, of.id, &decided).await? {
        tx.commit().await?;
        inventory.learn_own(reseller, &changes);
    }
    // Else somebody else was faster, and this has not happened.
    Ok(())
}

async fn completed(tx: &mut TenantTx, of: &Cancellation) -> Result<event::NewEvent> {
    let progress = cancellations::progress(tx, of.id).await?;
    let data = json!({
        "id": of.id, "performance_id": of.performance, "state": of.state, "orders": progress.told,
        "refunded": progress.refunded, "replaced": progress.replaced, "credited": progress.credited, "problems": progress.problems,
    });
    Ok(event::NewEvent::of("cancellation.completed", "cancellation", of.id, of.version, data))
}
