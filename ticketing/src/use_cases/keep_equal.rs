//! Keeps equal tickets of another performance for orders of one that does not take place, all of an order's or none. It goes through a
//! tier's tickets once, however many pages of orders there are, and never through those that are taken with every page.

use std::collections::{BTreeMap, HashMap, HashSet};

use foundation::{
    Instant, Result, TenantTx,
    id::{OrderId, PerformanceId, PriceTierId, TicketId},
};

use super::decide_cancellation::good;
use crate::{
    rules::{
        cancellation::{Cancellation, Drawn, Remedy},
        order::{HeldTicket, Order, OrderItem},
    },
    store::{
        cancellations,
        claims::{self, Change, Owner},
    },
};

/// The items and tickets that are kept for an order.
type Kept = Vec<(i16, TicketId)>;

/// Keeps for each order an equal ticket for each of its own, all or none: the same seat where that is free.
pub(super) async fn keep(
    tx: &mut TenantTx,
    of: &Cancellation,
    orders: &[Order],
    now: Instant,
) -> Result<(Vec<Kept>, Vec<Change>)> {
    let none = || vec![Vec::new(); orders.len()];
    let Some(to) = of.replacement.filter(|_| of.offered.contains(&Remedy::Replacement)) else {
        return Ok((none(), Vec::new()));
    };
    let items: Vec<(usize, &OrderItem)> =
        orders.iter().enumerate().flat_map(|(nth, order)| good(order, of).map(move |item| (nth, item))).collect();
    let before = cancellations::drawn(tx, of.id).await?;
    let mut draw = Draw { to, now, tiers: before.clone(), from: HashMap::new() };
    let found = draw.equal(tx, &items).await?;
    let mut kept = none();
    for ((nth, item), ticket) in items.iter().zip(&found) {
        kept[*nth].extend(ticket.map(|ticket| (item.no, ticket)));
    }
    for (order, kept) in orders.iter().zip(&mut kept) {
        if kept.len() < good(order, of).count() {
            draw.put_back(kept);
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
            draw.put_back(kept);
        }
    }
    if draw.tiers != before {
        cancellations::set_drawn(tx, of.id, &draw.tiers).await?;
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

/// Draws tickets of the replacement, each tier's from where it was left.
struct Draw {
    to: PerformanceId,
    now: Instant,
    tiers: BTreeMap<PriceTierId, Drawn>,
    /// Where in their tiers the tickets of this page are.
    from: HashMap<TicketId, (PriceTierId, i32)>,
}

impl Draw {
    /// For each item a ticket that is equal to it, no ticket twice.
    async fn equal(&mut self, tx: &mut TenantTx, items: &[(usize, &OrderItem)]) -> Result<Vec<Option<TicketId>>> {
        let mut found: Vec<Option<TicketId>> = vec![None; items.len()];
        let all: Vec<&OrderItem> = items.iter().map(|(_, item)| *item).collect();
        let mut taken: HashSet<TicketId> = HashSet::new();
        for (nth, ticket, drawn_at) in cancellations::same_seats(tx, self.to, &all, self.now).await? {
            if taken.insert(ticket) {
                // The draw passes it over while it is taken: if it is not kept, it goes back there too.
                self.from.insert(ticket, drawn_at);
                found[nth] = Some(ticket);
            }
        }
        // In the order of the items, so that who comes first has the better ones.
        let mut open: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        for (nth, item) in all.iter().enumerate().filter(|(nth, _)| found[*nth].is_none()) {
            open.entry((item.price_tier.as_str(), item.ticket_type.as_str())).or_default().push(nth);
        }
        for (kind, open) in open {
            let Some(tier) = cancellations::equal_tier(tx, self.to, kind).await? else { continue };
            let others = self.next(tx, tier, &mut taken, open.len()).await?;
            for (nth, ticket) in open.into_iter().zip(others) {
                found[nth] = Some(ticket);
            }
        }
        Ok(found)
    }

    /// The next so many free tickets of a tier. At its end it begins anew, but not with every page: what is given back meanwhile is little.
    async fn next(
        &mut self,
        tx: &mut TenantTx,
        tier: PriceTierId,
        taken: &mut HashSet<TicketId>,
        many: usize,
    ) -> Result<Vec<TicketId>> {
        let mut drawn = self.tiers.get(&tier).copied().unwrap_or_default();
        let mut tickets = Vec::with_capacity(many);
        loop {
            let but: Vec<TicketId> = taken.iter().copied().collect();
            let wanted = many - tickets.len();
            let free = cancellations::free_of_tier(tx, (self.to, tier), drawn.after, &but, wanted, self.now).await?;
            let all = drawn.goes_on(free.last().map(|(_, ordinal)| *ordinal), free.len() < wanted, self.now);
            for (ticket, ordinal) in free {
                taken.insert(ticket);
                self.from.insert(ticket, (tier, ordinal));
                tickets.push(ticket);
            }
            if all {
                self.tiers.insert(tier, drawn);
                return Ok(tickets);
            }
        }
    }

    /// Gives back what was drawn and is not kept: the next page begins with it.
    fn put_back(&mut self, kept: &mut Kept) {
        for (_, ticket) in kept.drain(..) {
            let Some((tier, ordinal)) = self.from.get(&ticket) else { continue };
            if let Some(drawn) = self.tiers.get_mut(tier) {
                drawn.after = drawn.after.min(ordinal - 1);
            }
        }
    }
}
