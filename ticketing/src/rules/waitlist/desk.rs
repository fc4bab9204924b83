//! Who on a waitlist is next, and what a party that wants to join meets with: both told from a stock at one moment.

use std::sync::Arc;

use foundation::{
    Instant, Refusal,
    id::{OfferId, PriceTierId, TicketId},
};

use super::{Entry, Scope, Wanted, unite};
use crate::rules::{
    choose::Party,
    seating::SeatKind,
    stock::{NoProposal, Stock, StockTicket, Turn},
};

/// How many tickets that nobody who waits can use are given to open sale at a time.
const LEFTOVERS_MAX: usize = 5_000;

/// What a party that wants to wait meets with in a stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outlook {
    /// It can be had now, as these tickets.
    Free(Wanted, Vec<TicketId>),
    /// They cannot: it may wait, for these.
    Waits(Wanted),
}

/// How it is with a party that wants to wait; `at` is where in the request it stands. Nothing stays proposed.
///
/// # Errors
/// `invalid_field` for what the performance does not have.
pub fn outlook(stock: &mut Stock, party: &Party, at: &str, now: Instant) -> Result<Outlook, Refusal> {
    let several = || Refusal::field(format!("{at}/party"), "must be of offers of one price tier");
    let tier = |offer: OfferId| stock.offer(offer).map(|offer| offer.tier);
    let mut tiers = party.lines.iter().map(|line| tier(line.offer));
    let unknown = || Refusal::field(at, "names an offer or a section that the performance does not have");
    let first = tiers.next().flatten().ok_or_else(unknown)?;
    for other in tiers {
        if other.ok_or_else(unknown)? != first {
            return Err(several());
        }
    }
    let wanted = Wanted { tier: first, party: party.clone() };
    let scope = wanted.scope();
    let counts = stock.counts(now);
    let total: usize = counts.iter().filter(|c| scope.covers(c.tier, &c.section)).map(|c| c.total).sum();
    if total == 0 {
        return Err(unknown());
    }
    if total < party.tickets() {
        return Err(Refusal::field(format!("{at}/party"), format!("is more than the {total} tickets that there are")));
    }
    match stock.propose_best(party, Turn::FIRST, now) {
        Ok(chosen) => {
            let tickets: Vec<TicketId> = chosen.tickets.into_iter().map(|(ticket, _)| ticket).collect();
            tickets.iter().for_each(|ticket| stock.withdraw(*ticket));
            Ok(Outlook::Free(wanted, tickets))
        }
        Err(NoProposal::Unknown) => Err(unknown()),
        Err(NoProposal::SeveralTiers) => Err(several()),
        Err(_) => Ok(Outlook::Waits(wanted)),
    }
}

/// Serves a list, entry by entry in its order, from what is free at one moment at which nobody else can take anything.
///
/// A party gets its tickets as soon as all of them are free at once. Where only some are, these are gathered for it, for a time
/// and once: until then nobody behind it gets them. After that it keeps its place, and who needs fewer goes past it.
#[derive(Debug)]
pub struct Desk {
    stock: Stock,
    now: Instant,
    /// Free tickets on open sale that are not given away yet, by tier and section.
    free: Vec<(PriceTierId, Arc<str>, usize)>,
    gathered: Vec<Scope>,
    wanted: Vec<Scope>,
}

impl Desk {
    /// Opens over the stock as it is now, read behind a lock that keeps everyone else out.
    #[must_use]
    pub fn open(stock: Stock, now: Instant) -> Self {
        let mut free: Vec<(PriceTierId, Arc<str>, usize)> = Vec::new();
        let kept = stock.keeps(now);
        // Places that are kept for who needs them do nobody else good.
        for ticket in stock.free(now).filter(|ticket| !kept || ticket.kind() == SeatKind::Ordinary) {
            match free.iter_mut().find(|(tier, section, _)| *tier == ticket.tier && *section == ticket.section) {
                Some((.., many)) => *many += 1,
                None => free.push((ticket.tier, ticket.section.clone(), 1)),
            }
        }
        Self { stock, now, free, gathered: Vec::new(), wanted: Vec::new() }
    }

    /// The stock, to say what a ticket is.
    #[must_use]
    pub fn stock(&self) -> &Stock {
        &self.stock
    }

    fn free_in(&self, scope: &Scope) -> usize {
        self.free.iter().filter(|(tier, section, _)| scope.covers(*tier, section)).map(|(.., many)| many).sum()
    }

    fn is_gathered(&self, scope: &Scope) -> bool {
        self.gathered.iter().any(|gathered| gathered.meets(scope))
    }

    /// Tickets for what would do for a party, all or nothing. They count as given away unless they are taken back.
    pub fn propose(&mut self, wanted: &Wanted) -> Option<Vec<(TicketId, OfferId)>> {
        let scope = wanted.scope();
        if self.is_gathered(&scope) || self.free_in(&scope) < wanted.party.at(SeatKind::Ordinary) {
            return None;
        }
        let tickets = self.stock.propose_best(&wanted.party, Turn::FIRST, self.now).ok()?.tickets;
        tickets.iter().for_each(|(ticket, _)| self.count(*ticket, false));
        Some(tickets)
    }

    /// Takes tickets back that were proposed: they are for whom comes next.
    pub fn take_back(&mut self, tickets: &[(TicketId, OfferId)]) {
        for (ticket, _) in tickets {
            self.stock.withdraw(*ticket);
            self.count(*ticket, true);
        }
    }

    fn count(&mut self, ticket: TicketId, more: bool) {
        let kept = self.stock.keeps(self.now);
        let counts = |ticket: &&StockTicket| !kept || ticket.kind() == SeatKind::Ordinary;
        let Some(ticket) = self.stock.ticket(ticket).filter(counts) else { return };
        let its = self.free.iter_mut().find(|(tier, section, _)| *tier == ticket.tier && *section == ticket.section);
        if let Some((.., many)) = its {
            *many = if more { *many + 1 } else { many.saturating_sub(1) };
        }
    }

    /// Goes on to the next, as this one goes on waiting. Gives whether tickets are gathered for it from now on.
    pub fn pass(&mut self, entry: &Entry) -> bool {
        let scopes: Vec<Scope> = entry.wants.iter().map(Wanted::scope).collect();
        let needs = usize::try_from(entry.tickets).unwrap_or_default();
        let some = |scope: &&Scope| !self.is_gathered(scope) && (1..needs).contains(&self.free_in(scope));
        let gathered: Vec<Scope> = scopes.iter().filter(some).cloned().collect();
        unite(&mut self.wanted, scopes.into_iter());
        if gathered.is_empty() || !entry.may_gather(self.now) {
            return false;
        }
        self.gathered.extend(gathered);
        true
    }

    /// What those who go on waiting would take.
    #[must_use]
    pub fn wanted(&self) -> &[Scope] {
        &self.wanted
    }

    /// Free tickets that somebody wants and nobody can use: open sale may have them.
    #[must_use]
    pub fn leftovers(&self) -> Vec<TicketId> {
        let covered = |scopes: &[Scope], ticket: &StockTicket| {
            scopes.iter().any(|scope| scope.covers(ticket.tier, &ticket.section))
        };
        let useless = self.stock.free(self.now);
        let useless = useless.filter(|ticket| covered(&self.wanted, ticket) && !covered(&self.gathered, ticket));
        useless.map(|ticket| ticket.id).take(LEFTOVERS_MAX).collect()
    }
}

#[cfg(test)]
#[path = "desk_tests.rs"]
mod tests;
