//! How many tickets of a stock there are, are free, are kept by whom, and how many can be had together.

use std::collections::HashMap;

use foundation::{
    Instant,
    id::{PriceTierId, TicketId},
};

use super::{Block, Count, Counts, Keeper, Stock, StockTicket, Taken};
use crate::rules::{seating::SeatKind, tickets::TicketStock, waitlist::WaitedFor};

/// The longest run of free seats in one row, by tier and section.
type Together<'a> = HashMap<(PriceTierId, &'a str), usize>;

/// What of the available is kept for those who wait.
#[derive(Default)]
struct Waits {
    tickets: usize,
    accessible: usize,
}

impl Stock {
    /// How it is with a ticket, where this is kept for those who wait; none if it is not of this stock.
    #[must_use]
    pub fn state(&self, ticket: TicketId, waited_for: Option<&WaitedFor>, now: Instant) -> Option<TicketStock> {
        let ticket = self.ticket(ticket)?;
        let waits = || waited_for.is_some_and(|waited| waited.keeps(ticket.id, ticket.tier, &ticket.section));
        Some(match ticket.by {
            _ if ticket.until <= now && ticket.set_aside.is_some() => TicketStock::Allocated,
            _ if ticket.until <= now && waits() => TicketStock::Waitlist,
            _ if ticket.until <= now => TicketStock::Available,
            Keeper::Hold | Keeper::Order => TicketStock::Held,
            Keeper::Sold => TicketStock::Sold,
            Keeper::Block => TicketStock::Blocked,
        })
    }

    /// How many there are and how many are free, by tier and section, whoever they are for.
    pub fn counts(&mut self, now: Instant) -> Vec<Count> {
        self.counts_beside(&WaitedFor::default(), now)
    }

    /// The same, where this is kept for those who wait.
    pub fn counts_beside(&mut self, waited_for: &WaitedFor, now: Instant) -> Vec<Count> {
        self.end_claims(now);
        let (together, kept) = (self.together(waited_for, now), self.keeps(now));
        let mut counts: Vec<Count> = Vec::new();
        for block in &self.blocks {
            let same = |c: &Count| c.tier == block.tier && c.section == block.section && c.seated == block.seated;
            let at = counts.iter().position(same).unwrap_or_else(|| {
                let seats = together.get(&(block.tier, &*block.section)).copied().unwrap_or(0);
                counts.push(Count {
                    tier: block.tier,
                    section: block.section.clone(),
                    seated: block.seated,
                    total: 0,
                    available: 0,
                    accessible: 0,
                    waitlist: 0,
                    allocated: 0,
                    kept: Taken::default(),
                    together: if block.seated { seats } else { 0 },
                });
                counts.len() - 1
            });
            let count = &mut counts[at];
            count.total += block.range.len();
            count.kept = count.kept.and(block.kept);
            if block.set_aside.is_some() {
                count.allocated += block.available;
                continue;
            }
            let waits = if waited_for.scopes.iter().any(|scope| scope.covers(block.tier, &block.section)) {
                self.waiting_in(block, waited_for)
            } else {
                Waits::default()
            };
            count.waitlist += waits.tickets;
            count.available += block.available - waits.tickets;
            count.accessible += if kept { block.accessible - waits.accessible } else { 0 };
            if !block.seated {
                count.together = count.available;
            }
        }
        counts
    }

    /// What of a block's available tickets is kept for those who wait.
    fn waiting_in(&self, block: &Block, waited_for: &WaitedFor) -> Waits {
        let mut waits = Waits::default();
        let keeps = |ticket: &&StockTicket| waited_for.keeps(ticket.id, ticket.tier, &ticket.section);
        let free = block.range.clone().filter(|i| self.counted[*i] == Counts::Free).map(|i| &self.tickets[i]);
        for ticket in free.filter(keeps) {
            waits.tickets += 1;
            waits.accessible += usize::from(ticket.kind() != SeatKind::Ordinary);
        }
        waits
    }

    fn together(&self, waited_for: &WaitedFor, now: Instant) -> Together<'_> {
        let kept = self.keeps(now);
        let mut found = Together::new();
        for row in &self.seating.rows {
            let (mut run, mut tier): (usize, Option<PriceTierId>) = (0, None);
            for (at, seat) in row.seats.iter().enumerate() {
                let i = seat.ticket as usize;
                let ticket = &self.tickets[i];
                let had = ticket.until <= now && ticket.set_aside.is_none() && self.is_open(i, kept);
                let had = had && !waited_for.keeps(ticket.id, ticket.tier, &ticket.section);
                let joins = at > 0 && row.beside(at - 1, at) && tier == Some(ticket.tier);
                run = match (had, joins) {
                    (false, _) => 0,
                    (true, true) => run + 1,
                    (true, false) => 1,
                };
                tier = Some(ticket.tier);
                if run > 0 {
                    let longest = found.entry((ticket.tier, &*row.section)).or_default();
                    *longest = run.max(*longest);
                }
            }
        }
        found
    }
}
