//! The stock of one performance as a process remembers it: it proposes tickets, quickly; the claims' primary key disposes.
//!
//! Memory is a hint. It may think a taken ticket free (the claim then loses and the memory learns) or, for the moment until
//! an event arrives, a freed one taken. It is never the reason that a ticket is sold. Pure: time is a parameter.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, VecDeque},
};

use foundation::{
    Instant, Money,
    id::{BlockId, OfferId, PriceTierId, TicketId},
};

use super::{
    block::{Seller, Through},
    layout::SeatAttribute,
    seating::{SeatKind, Seating, SeatingRules, SingleSeats, Spot},
    seating_note::places_of_each,
    waitlist::WaitedFor,
};

mod choosing;
mod counting;
mod elsewhere;
mod named;

pub use choosing::{Chosen, Turn};
pub use elsewhere::{Asked, Elsewhere, TierElsewhere};

/// Who keeps a claimed ticket from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Keeper {
    /// A hold.
    Hold,
    /// An order that is not paid yet.
    Order,
    /// An order that is paid.
    Sold,
    /// A block: it is kept off sale.
    Block,
}

/// A ticket as the stock knows it.
#[derive(Debug, Clone)]
pub struct StockTicket {
    /// Its id.
    pub id: TicketId,
    /// The tier it is sold in.
    pub tier: PriceTierId,
    /// Section or general admission area.
    pub section: std::sync::Arc<str>,
    /// Row, for a seat.
    pub row: Option<std::sync::Arc<str>>,
    /// Seat, for a seat.
    pub seat: Option<Box<str>>,
    /// Where its seat stands.
    pub spot: Spot,
    /// What is particular about its seat.
    pub attributes: Vec<SeatAttribute>,
    /// Until when it is claimed; not later than now: free.
    pub until: Instant,
    /// Who claimed it last; of a free ticket it says nothing.
    pub by: Keeper,
    /// The allocation that it is set aside for.
    pub set_aside: Option<BlockId>,
}

impl StockTicket {
    /// Whom its place is for.
    #[must_use]
    pub fn kind(&self) -> SeatKind {
        SeatKind::of(&self.attributes)
    }

    /// Whether it is on open sale and nobody has it.
    fn is_unclaimed(&self, now: Instant) -> bool {
        self.set_aside.is_none() && self.until <= now
    }
}

/// An offer as the stock knows it.
#[derive(Debug, Clone)]
pub struct StockOffer {
    /// The tier whose tickets it sells.
    pub tier: PriceTierId,
    /// The tier's name.
    pub tier_name: std::sync::Arc<str>,
    /// The ticket type's name.
    pub ticket_type: std::sync::Arc<str>,
    /// The face value.
    pub price: Money,
}

/// Tickets of one tier in one section, for the same sellers, that are proposed alike: a run of ordinals.
#[derive(Debug)]
struct Block {
    tier: PriceTierId,
    section: std::sync::Arc<str>,
    seated: bool,
    /// The allocation that all of them are set aside for.
    set_aside: Option<BlockId>,
    /// The block's tickets are these indexes, in drawing order.
    range: std::ops::Range<usize>,
    /// General admission only: every free index that is not proposed, and some that are no longer free.
    queue: VecDeque<u32>,
    available: usize,
    /// How many of those are places for wheelchairs and companions.
    accessible: usize,
    kept: Taken,
}

/// How many tickets are not free, and why.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Taken {
    /// In holds, and in orders that are not paid yet.
    pub held: usize,
    /// Bought.
    pub sold: usize,
    /// Kept off sale.
    pub blocked: usize,
}

impl Taken {
    fn of(&mut self, by: Keeper) -> &mut usize {
        match by {
            Keeper::Hold | Keeper::Order => &mut self.held,
            Keeper::Sold => &mut self.sold,
            Keeper::Block => &mut self.blocked,
        }
    }

    fn and(self, other: Self) -> Self {
        Self { held: self.held + other.held, sold: self.sold + other.sold, blocked: self.blocked + other.blocked }
    }
}

impl std::iter::Sum for Taken {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Self::and)
    }
}

/// The stock of one performance.
#[derive(Debug)]
pub struct Stock {
    tickets: Vec<StockTicket>,
    index: HashMap<TicketId, u32>,
    block_of: Vec<u32>,
    blocks: Vec<Block>,
    offers: HashMap<OfferId, StockOffer>,
    /// Who may sell what is set aside.
    sellers: HashMap<BlockId, Seller>,
    /// What is set aside for the one who asks now.
    serving: Vec<BlockId>,
    /// As what the ticket counts in its block.
    counted: Vec<Counts>,
    /// How often anything became free or was taken.
    changes: u64,
    /// Whether it stands in its block's queue.
    queued: Vec<bool>,
    /// Proposed in a transaction whose outcome is not known yet.
    proposed: Vec<bool>,
    /// Changes of our own that are known here and have not come back through the log yet; negative while one has come
    /// back that this process has still to learn it made.
    ahead: Vec<i16>,
    ends: BinaryHeap<Reverse<(Instant, u32)>>,
    seating: Seating,
    seating_rules: SeatingRules,
    /// Sections whose layout has a rule of its own for single seats.
    single_seats_of: HashMap<String, SingleSeats>,
    /// By row of the seating: how many of its tickets count as available.
    free_in_row: Vec<usize>,
}

/// As what a ticket counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counts {
    NotYet,
    Free,
    Kept(Keeper),
}

/// Why the memory proposes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoProposal {
    /// There is no such ticket or offer in this performance, or the offer does not sell that ticket.
    Unknown,
    /// These tickets have a live claim, or are set aside for another.
    Taken(Vec<TicketId>),
    /// So many are not free; this many are.
    TooFew(usize),
    /// So many are free, but no more than this many side by side.
    NotTogether {
        /// How many.
        largest: usize,
    },
    /// The offers of a party are of several price tiers.
    SeveralTiers,
    /// The place is kept for who needs it, and was not asked for as that.
    Kept(TicketId, SeatKind),
    /// The ticket is asked for as a place of a kind that it is not.
    OtherKind(SeatKind),
    /// A companion's seat without the wheelchair place that it belongs to.
    Unattended(TicketId),
    /// The selection leaves these alone, and others would not.
    LeavesSingle {
        /// What is left alone.
        singles: Vec<TicketId>,
        /// As many seats that leave nothing alone.
        instead: Vec<TicketId>,
    },
    /// What is left is being decided by requests under way: ask again when they are through.
    Undecided,
}

/// How many tickets of a tier in a section are there and how many are free.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Count {
    /// The tier.
    pub tier: PriceTierId,
    /// The section.
    pub section: std::sync::Arc<str>,
    /// Whether it has numbered seats.
    pub seated: bool,
    /// All tickets.
    pub total: usize,
    /// Free ones on open sale.
    pub available: usize,
    /// Those of them that are kept for people in wheelchairs and their companions now.
    pub accessible: usize,
    /// Free ones that are kept for who is on the waitlist; not among the available.
    pub waitlist: usize,
    /// Free ones that are set aside for somebody.
    pub allocated: usize,
    /// The others.
    pub kept: Taken,
    /// The most that anyone can have together: seats side by side in one row, or places.
    pub together: usize,
}

/// A numbered seat and whether it is free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockSeat {
    /// Its section.
    pub section: std::sync::Arc<str>,
    /// Its row.
    pub row: std::sync::Arc<str>,
    /// Its label.
    pub seat: Box<str>,
    /// Whether it can be held now.
    pub free: bool,
}

impl Stock {
    /// The stock of these tickets, in drawing order, with these offers. `turn` (any number, a process's own) decides where in
    /// a general admission area proposing begins, so that several processes begin in different places and seldom collide.
    #[must_use]
    pub fn new(tickets: Vec<StockTicket>, offers: HashMap<OfferId, StockOffer>, now: Instant, turn: usize) -> Self {
        let count = tickets.len();
        let mut stock = Self {
            index: HashMap::with_capacity(count),
            block_of: Vec::with_capacity(count),
            blocks: Vec::new(),
            offers,
            sellers: HashMap::new(),
            serving: Vec::new(),
            counted: vec![Counts::NotYet; count],
            changes: 0,
            queued: vec![false; count],
            proposed: vec![false; count],
            ahead: vec![0; count],
            ends: BinaryHeap::new(),
            seating: Seating::default(),
            seating_rules: SeatingRules::default(),
            single_seats_of: HashMap::new(),
            free_in_row: Vec::new(),
            tickets,
        };
        for i in 0..count {
            stock.place(i);
        }
        for i in 0..u32::try_from(count).unwrap_or(u32::MAX) {
            stock.settle(i, now);
        }
        for block in &mut stock.blocks {
            let by = turn % block.queue.len().max(1);
            block.queue.rotate_left(by);
        }
        stock
    }

    /// The same, where what is set aside may be sold by these.
    #[must_use]
    pub fn with_sellers(mut self, sellers: HashMap<BlockId, Seller>) -> Self {
        self.sellers = sellers;
        self
    }

    /// From now on it is proposed to who asks through this: what is set aside for others is not free.
    pub fn serve(&mut self, through: &Through) {
        let its = self.sellers.iter().filter(|(_, seller)| through.is(seller));
        self.serving = its.map(|(block, _)| *block).collect();
    }

    /// From now on it is proposed to anyone.
    pub fn serve_anyone(&mut self) {
        self.serving.clear();
    }

    fn serves(&self, set_aside: Option<BlockId>) -> bool {
        set_aside.is_none_or(|block| self.serving.contains(&block))
    }

    fn place(&mut self, i: usize) {
        let ticket = &self.tickets[i];
        let seated = ticket.seat.is_some();
        let same = |b: &Block| {
            let alike = b.tier == ticket.tier && b.section == ticket.section && b.seated == seated;
            alike && b.set_aside == ticket.set_aside && b.range.end == i
        };
        if let Some(last) = self.blocks.last_mut().filter(|b| same(b)) {
            last.range.end = i + 1;
        } else {
            let (tier, section, set_aside) = (ticket.tier, ticket.section.clone(), ticket.set_aside);
            let (range, queue, kept) = (i..i + 1, VecDeque::new(), Taken::default());
            let (available, accessible) = (0, 0);
            self.blocks.push(Block { tier, section, seated, set_aside, range, queue, available, accessible, kept });
        }
        self.block_of.push(u32::try_from(self.blocks.len() - 1).unwrap_or(u32::MAX));
        self.index.insert(ticket.id, u32::try_from(i).unwrap_or(u32::MAX));
    }

    /// The offer of this id.
    #[must_use]
    pub fn offer(&self, offer: OfferId) -> Option<&StockOffer> {
        self.offers.get(&offer)
    }

    /// The ticket of this id.
    #[must_use]
    pub fn ticket(&self, ticket: TicketId) -> Option<&StockTicket> {
        self.index.get(&ticket).map(|i| &self.tickets[*i as usize])
    }

    /// The places of these tickets, for a person.
    #[must_use]
    pub fn name(&self, tickets: &[TicketId]) -> String {
        let tickets: Vec<&StockTicket> = tickets.iter().filter_map(|ticket| self.ticket(*ticket)).collect();
        places_of_each(&tickets)
    }

    /// Proposes this very ticket for the offer, as a place of this kind.
    ///
    /// # Errors
    /// Why not.
    pub fn propose_ticket(
        &mut self,
        ticket: TicketId,
        offer: OfferId,
        kind: SeatKind,
        now: Instant,
    ) -> Result<(), NoProposal> {
        let i = *self.index.get(&ticket).ok_or(NoProposal::Unknown)? as usize;
        let tier = self.offers.get(&offer).ok_or(NoProposal::Unknown)?.tier;
        if self.tickets[i].tier != tier {
            return Err(NoProposal::Unknown);
        }
        let its = self.tickets[i].kind();
        if kind != SeatKind::Ordinary && kind != its {
            return Err(NoProposal::OtherKind(kind));
        }
        if kind != its && self.keeps(now) {
            return Err(NoProposal::Kept(ticket, its));
        }
        if self.tickets[i].until > now || !self.serves(self.tickets[i].set_aside) {
            return Err(NoProposal::Taken(vec![ticket]));
        }
        if self.proposed[i] {
            return Err(NoProposal::Undecided);
        }
        self.proposed[i] = true;
        Ok(())
    }

    /// Proposes any `quantity` tickets of the offer, in one section (this one, if named), seats side by side where a row has
    /// so many. What is set aside for the one who asks comes before what is on open sale.
    ///
    /// # Errors
    /// Why not; nothing is proposed then.
    pub fn propose_any(
        &mut self,
        offer: OfferId,
        section: Option<&str>,
        quantity: usize,
        now: Instant,
    ) -> Result<Vec<TicketId>, NoProposal> {
        self.end_claims(now);
        let tier = self.offers.get(&offer).ok_or(NoProposal::Unknown)?.tier;
        let fits = |b: &Block| b.tier == tier && section.is_none_or(|s| *b.section == *s);
        if !self.blocks.iter().any(fits) {
            return Err(NoProposal::Unknown);
        }
        let its = |b: &usize| fits(&self.blocks[*b]) && self.serves(self.blocks[*b].set_aside);
        let mut blocks: Vec<usize> = (0..self.blocks.len()).filter(its).collect();
        blocks.sort_by_key(|b| self.blocks[*b].set_aside.is_none());
        for b in &blocks {
            if let Some(found) = self.propose_in_block(*b, quantity, now) {
                return Ok(found);
            }
        }
        self.propose_scattered(&blocks, quantity, now)
    }

    fn propose_in_block(&mut self, b: usize, quantity: usize, now: Instant) -> Option<Vec<TicketId>> {
        if self.blocks[b].available < quantity {
            return None;
        }
        if self.blocks[b].seated {
            self.propose_side_by_side(b, quantity, now)
        } else {
            self.propose_places(b, quantity, now)
        }
    }

    fn is_free(&self, i: usize, now: Instant) -> bool {
        self.tickets[i].until <= now && !self.proposed[i] && self.serves(self.tickets[i].set_aside)
    }

    /// Whether anyone may have it while places are kept, or not.
    fn is_open(&self, i: usize, kept: bool) -> bool {
        !kept || self.tickets[i].kind() == SeatKind::Ordinary
    }

    fn propose_places(&mut self, b: usize, quantity: usize, now: Instant) -> Option<Vec<TicketId>> {
        let mut found: Vec<u32> = Vec::with_capacity(quantity);
        while found.len() < quantity {
            let Some(i) = self.blocks[b].queue.pop_front() else { break };
            self.queued[i as usize] = false;
            // What is not free now comes back to the queue when it is.
            if self.is_free(i as usize, now) {
                found.push(i);
            }
        }
        if found.len() < quantity {
            found.into_iter().for_each(|i| self.enqueue(i));
            return None;
        }
        Some(found.into_iter().map(|i| self.mark(i as usize)).collect())
    }

    fn enqueue(&mut self, i: u32) {
        let block = &mut self.blocks[self.block_of[i as usize] as usize];
        if !block.seated && !self.queued[i as usize] {
            self.queued[i as usize] = true;
            block.queue.push_back(i);
        }
    }

    fn propose_side_by_side(&mut self, b: usize, quantity: usize, now: Instant) -> Option<Vec<TicketId>> {
        let (range, kept) = (self.blocks[b].range.clone(), self.keeps(now));
        let mut run = range.start..range.start;
        for i in range {
            let same_row = run.is_empty() || self.tickets[i].row == self.tickets[run.start].row;
            if !self.is_free(i, now) || !self.is_open(i, kept) {
                run = i + 1..i + 1;
            } else if same_row && !run.is_empty() {
                run.end = i + 1;
            } else {
                run = i..i + 1;
            }
            if run.len() == quantity {
                return Some(run.map(|i| self.mark(i)).collect());
            }
        }
        None
    }

    fn propose_scattered(
        &mut self,
        blocks: &[usize],
        quantity: usize,
        now: Instant,
    ) -> Result<Vec<TicketId>, NoProposal> {
        let kept = self.keeps(now);
        let all = blocks.iter().flat_map(|b| self.blocks[*b].range.clone());
        let all: Vec<usize> = all.filter(|i| self.is_open(*i, kept)).collect();
        let free: Vec<usize> = all.iter().copied().filter(|i| self.is_free(*i, now)).take(quantity).collect();
        if free.len() == quantity {
            return Ok(free.into_iter().map(|i| self.mark(i)).collect());
        }
        let undecided = all.iter().filter(|i| self.proposed[**i]).count();
        if free.len() + undecided >= quantity {
            Err(NoProposal::Undecided)
        } else {
            Err(NoProposal::TooFew(free.len()))
        }
    }

    fn mark(&mut self, i: usize) -> TicketId {
        self.proposed[i] = true;
        self.tickets[i].id
    }

    /// Takes a proposal back: its transaction did not happen, or did not get this ticket.
    pub fn withdraw(&mut self, ticket: TicketId) {
        if let Some(i) = self.index.get(&ticket).copied() {
            self.proposed[i as usize] = false;
            self.enqueue(i);
        }
    }

    /// Learns what this process has just committed: the ticket is claimed until then (not later than now: free), by that one.
    pub fn learn_own(&mut self, ticket: TicketId, (until, by): (Instant, Keeper), now: Instant) {
        if let Some(i) = self.index.get(&ticket).copied() {
            self.ahead[i as usize] = self.ahead[i as usize].saturating_add(1);
            self.set(i, (until, by), now);
        }
    }

    /// Learns from a lost claim whose the ticket is and until when.
    pub fn learn(&mut self, ticket: TicketId, (until, by): (Instant, Keeper), now: Instant) {
        if let Some(i) = self.index.get(&ticket).copied() {
            self.set(i, (until, by), now);
        }
    }

    /// Hears of a change from the log, in the log's order. While a newer change of our own has not come back yet, what comes
    /// is older than what is known, and only counted.
    pub fn hear(&mut self, ticket: TicketId, (until, by): (Instant, Keeper), own: bool, now: Instant) {
        let Some(i) = self.index.get(&ticket).copied() else { return };
        let ahead = &mut self.ahead[i as usize];
        if own {
            *ahead = ahead.saturating_sub(1);
        }
        if *ahead <= 0 {
            let proposed = self.proposed[i as usize];
            self.set(i, (until, by), now);
            self.proposed[i as usize] = proposed;
        }
    }

    fn set(&mut self, i: u32, (until, by): (Instant, Keeper), now: Instant) {
        self.proposed[i as usize] = false;
        let ticket = &mut self.tickets[i as usize];
        (ticket.until, ticket.by) = (until, by);
        self.settle(i, now);
    }

    /// Brings the ticket's block in step with its claim.
    fn settle(&mut self, i: u32, now: Instant) {
        let ticket = &self.tickets[i as usize];
        let free = ticket.until <= now;
        if !free && ticket.until < Instant::NEVER {
            self.ends.push(Reverse((ticket.until, i)));
        }
        if free {
            self.enqueue(i);
        }
        let counts = if free { Counts::Free } else { Counts::Kept(self.tickets[i as usize].by) };
        let before = std::mem::replace(&mut self.counted[i as usize], counts);
        if before != counts {
            self.changes += 1;
            self.tally(i, before, false);
            self.tally(i, counts, true);
        }
    }

    /// Counts a ticket in its block and row as what it now is, or no longer as what it was.
    fn tally(&mut self, i: u32, counts: Counts, now: bool) {
        let step = |count: &mut usize, by: usize| if now { *count += by } else { *count -= by };
        let block = &mut self.blocks[self.block_of[i as usize] as usize];
        match counts {
            Counts::NotYet => {}
            Counts::Kept(by) => step(block.kept.of(by), 1),
            Counts::Free => {
                step(&mut block.available, 1);
                let accessible = self.tickets[i as usize].kind() != SeatKind::Ordinary;
                step(&mut block.accessible, usize::from(accessible));
                let row = self.seating.row_of(i as usize).and_then(|row| self.free_in_row.get_mut(row));
                row.into_iter().for_each(|free| step(free, 1));
            }
        }
    }

    /// Lists the tickets whose claims have run out.
    pub fn end_claims(&mut self, now: Instant) {
        while let Some(Reverse((until, i))) = self.ends.peek().copied() {
            if until > now {
                return;
            }
            self.ends.pop();
            // A ticket that was claimed anew since has another entry.
            if self.tickets[i as usize].until == until {
                self.settle(i, now);
            }
        }
    }

    /// Differs whenever the counts may: of what became free or was taken, and of whether places are kept.
    pub fn changes(&mut self, now: Instant) -> (u64, bool) {
        self.end_claims(now);
        (self.changes, self.keeps(now))
    }

    /// The offers.
    pub fn offers(&self) -> impl Iterator<Item = (OfferId, &StockOffer)> {
        self.offers.iter().map(|(id, offer)| (*id, offer))
    }

    /// Each numbered seat, or each of one section, and whether it is free and on open sale, where this is kept for those who wait.
    #[must_use]
    pub fn seats(&self, section: Option<&str>, waited_for: Option<&WaitedFor>, now: Instant) -> Vec<StockSeat> {
        let waits = |ticket: &StockTicket| {
            waited_for.is_some_and(|waited_for| waited_for.keeps(ticket.id, ticket.tier, &ticket.section))
        };
        let wanted = self.tickets.iter().filter(|ticket| section.is_none_or(|name| *ticket.section == *name));
        let seat = |ticket: &StockTicket| {
            let (row, seat) = (ticket.row.clone()?, ticket.seat.clone()?);
            Some(StockSeat {
                section: ticket.section.clone(),
                row,
                seat,
                free: ticket.until <= now && ticket.set_aside.is_none() && !waits(ticket),
            })
        };
        wanted.filter_map(seat).collect()
    }

    /// Tickets on open sale that nobody has. Some of them may be proposed, which may come to nothing.
    pub fn unclaimed(&self, now: Instant) -> impl Iterator<Item = &StockTicket> {
        self.tickets.iter().filter(move |ticket| ticket.is_unclaimed(now))
    }

    /// Those of them that are not proposed.
    pub fn free(&self, now: Instant) -> impl Iterator<Item = &StockTicket> {
        let free = self.tickets.iter().zip(&self.proposed);
        free.filter(move |(ticket, proposed)| !**proposed && ticket.is_unclaimed(now)).map(|(ticket, _)| ticket)
    }

    /// Free tickets of the same tier nearest to this one, as alternatives to it; places are kept for who needs them.
    #[must_use]
    pub fn nearest_free(&self, ticket: TicketId, many: usize, now: Instant) -> Vec<TicketId> {
        let kept = self.keeps(now);
        let Some(at) = self.index.get(&ticket).map(|i| *i as usize) else { return Vec::new() };
        let block = &self.blocks[self.block_of[at] as usize].range;
        (1..=block.len())
            .flat_map(|away| [at.checked_sub(away), at.checked_add(away)])
            .flatten()
            .filter(|i| block.contains(i) && self.is_free(*i, now) && self.is_open(*i, kept))
            .take(many)
            .map(|i| self.tickets[i].id)
            .collect()
    }
}

#[cfg(test)]
#[path = "stock/tests.rs"]
mod tests;
