//! What memory knows of stock that somebody waits for: whether anything of it is worth a look at the list.

use std::collections::{HashMap, HashSet};

use foundation::{
    Result,
    id::{PerformanceId, ResellerId, TicketId},
};

use super::{Inventory, lock};
use crate::rules::{order::HeldTicket, stock::Stock, waitlist::Scope};

/// How often a stock had changed when it was looked at.
pub(crate) type Seen = (u64, bool);

impl Inventory {
    /// Those of these tickets that those who wait would take. A ticket of which memory knows nothing is one of them; what is set
    /// aside for a seller is none of them.
    pub(crate) fn waited_for(
        &self,
        reseller: ResellerId,
        tickets: &[HeldTicket],
        wanted: &HashMap<PerformanceId, Vec<Scope>>,
    ) -> Vec<(PerformanceId, TicketId)> {
        let is = |held: &&HeldTicket| {
            let Some(scopes) = wanted.get(&held.performance).filter(|_| held.block.is_none()) else { return false };
            let covered = self.with(reseller, held.performance, |stock, _| {
                let covers = |scope: &Scope| stock.ticket(held.ticket).is_none_or(|t| scope.covers(t.tier, &t.section));
                scopes.iter().any(covers)
            });
            covered.unwrap_or(true)
        };
        tickets.iter().filter(is).map(|held| (held.performance, held.ticket)).collect()
    }

    /// Whether anything of a performance was taken or became free since its list was looked at last, as far as memory knows; what
    /// is then to be told to [`Self::looked`].
    ///
    /// # Errors
    /// If the database does not answer.
    pub(crate) async fn stirred(&self, reseller: ResellerId, performance: PerformanceId) -> Result<Option<Seen>> {
        self.warm(reseller, std::iter::once(performance)).await?;
        let seen = self.with(reseller, performance, Stock::changes);
        let before = self.looked_at(reseller, performance);
        Ok(seen.filter(|seen| before != Some(*seen)))
    }

    /// Whether anything that somebody waits for is free, but for these.
    pub(crate) fn has_for(
        &self,
        reseller: ResellerId,
        performance: PerformanceId,
        wanted: &[Scope],
        left: &HashSet<TicketId>,
    ) -> bool {
        let has = self.with(reseller, performance, |stock, now| {
            let wanted = |tier, section: &str| wanted.iter().any(|scope| scope.covers(tier, section));
            // What is proposed to somebody may be refused in the next moment, and then nothing has changed that would be looked at.
            stock.unclaimed(now).any(|ticket| wanted(ticket.tier, &ticket.section) && !left.contains(&ticket.id))
        });
        // What memory has just forgotten is looked at.
        has.unwrap_or(true)
    }

    /// Notes that a performance's list was looked at when its stock was so.
    pub(crate) fn looked(&self, reseller: ResellerId, performance: PerformanceId, seen: Seen) {
        let Some(shelf) = self.shelf(reseller) else { return };
        if let Some(kept) = lock(&shelf).stocks.get_mut(&performance) {
            kept.looked = Some(seen);
        }
    }

    fn looked_at(&self, reseller: ResellerId, performance: PerformanceId) -> Option<Seen> {
        let shelf = self.shelf(reseller)?;
        let shelf = lock(&shelf);
        shelf.stocks.get(&performance).and_then(|kept| kept.looked)
    }
}
