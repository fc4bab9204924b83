//! Choosing seats from the stock in memory: the best for a party, and what is to be said of seats that were named.

use std::collections::HashMap;

use foundation::{
    Instant,
    id::{OfferId, PriceTierId, TicketId},
};

use super::{Counts, NoProposal, Stock};
use crate::rules::{
    choose::{Group, Look, Party, Search, Together, longest, singles},
    layout::plan::Point,
    seating::{Row, Seat, SeatKind, Seating, SeatingRules, SingleSeats},
    seating_note::{Code, SeatingNote},
};

/// Seats that were chosen for a party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The tickets, each with the offer it is for, group by group along their rows.
    pub tickets: Vec<(TicketId, OfferId)>,
    /// Why these.
    pub note: SeatingNote,
}

/// How far down the list of the best a choice goes. Who has lost a race to another process looks farther, each process to another
/// place, or both would want the same next best over and over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// Of so many of the best, at least one.
    pub many: usize,
    /// This one, counted round.
    pub nth: usize,
}

impl Turn {
    /// The best.
    pub const FIRST: Self = Self { many: 1, nth: 0 };
}

/// Among which seats is looked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) tier: PriceTierId,
    pub(super) section: Option<&'a str>,
    pub(super) restricted_view: bool,
    pub(super) kept: bool,
}

/// Seats that were taken for a group, along their row.
struct Taken {
    tickets: Vec<usize>,
    middle: Point,
    restricted: bool,
    singles: Vec<usize>,
}

impl Stock {
    /// The same stock in its room: where everyone looks, and what was set about choosing seats.
    #[must_use]
    pub fn in_room(mut self, focal: Option<Point>, rules: SeatingRules) -> Self {
        self.seating = Seating::new(&self.tickets, focal);
        self.seating_rules = rules;
        let free =
            |row: &Row| row.seats.iter().filter(|seat| self.counted[seat.ticket as usize] == Counts::Free).count();
        self.free_in_row = self.seating.rows.iter().map(free).collect();
        self
    }

    /// The same stock, where these sections have a rule of their own for single seats.
    #[must_use]
    pub fn with_sections(mut self, single_seats: HashMap<String, SingleSeats>) -> Self {
        self.single_seats_of = single_seats;
        self
    }

    /// Whether wheelchair places and companions' seats are kept at this time.
    #[must_use]
    pub fn keeps(&self, now: Instant) -> bool {
        self.seating_rules.keeps(now)
    }

    /// Proposes the best seats for a party, all or nothing; places of a general admission area where there are no seats.
    ///
    /// # Errors
    /// Why not; nothing is proposed then.
    pub fn propose_best(&mut self, party: &Party, turn: Turn, now: Instant) -> Result<Chosen, NoProposal> {
        self.end_claims(now);
        let scope = self.scope(party, now)?;
        let seated: Vec<bool> = self.blocks_of(&scope).map(|b| self.blocks[b].seated).collect();
        if seated.is_empty() {
            return Err(NoProposal::Unknown);
        }
        let group = party.group();
        if !seated.contains(&true) {
            return self.propose_standing(party, now);
        }
        let mut taken = self.take_together(&scope, group, None, turn, now).map(|group| vec![group]);
        if taken.is_none() && party.together == Together::Preferred {
            taken = self.take_apart(&scope, group, now);
        }
        if let Some(groups) = taken {
            return Ok(self.chosen(party, &groups));
        }
        if seated.contains(&false) && group.size() == group.ordinary {
            let standing = |b: &usize| !self.blocks[*b].seated && self.serves(self.blocks[*b].set_aside);
            let standing = self.blocks_of(&scope).filter(standing).collect::<Vec<usize>>();
            for b in standing {
                if let Some(tickets) = self.propose_in_block(b, group.size(), now) {
                    return Ok(Chosen { tickets: spread(party, tickets), note: SeatingNote::standing() });
                }
            }
        }
        Err(self.why_not(&scope, party, now))
    }

    fn propose_standing(&mut self, party: &Party, now: Instant) -> Result<Chosen, NoProposal> {
        let offer = party.lines.first().ok_or(NoProposal::Unknown)?.offer;
        if party.group().size() > party.group().ordinary {
            return Err(NoProposal::TooFew(0));
        }
        let tickets = self.propose_any(offer, party.section.as_deref(), party.tickets(), now)?;
        Ok(Chosen { tickets: spread(party, tickets), note: SeatingNote::standing() })
    }

    /// Where a party can be; its offers are all of one tier.
    pub(super) fn scope<'a>(&self, party: &'a Party, now: Instant) -> Result<Scope<'a>, NoProposal> {
        let mut tiers = party.lines.iter().map(|line| self.offers.get(&line.offer).map(|offer| offer.tier));
        let tier = tiers.next().flatten().ok_or(NoProposal::Unknown)?;
        for other in tiers {
            if other.ok_or(NoProposal::Unknown)? != tier {
                return Err(NoProposal::SeveralTiers);
            }
        }
        let (section, restricted_view) = (party.section.as_deref(), party.restricted_view);
        Ok(Scope { tier, section, restricted_view, kept: self.keeps(now) })
    }

    fn blocks_of(&self, scope: &Scope<'_>) -> impl Iterator<Item = usize> {
        let fits = |b: &usize| {
            let block = &self.blocks[*b];
            block.tier == scope.tier && scope.section.is_none_or(|section| *block.section == *section)
        };
        (0..self.blocks.len()).filter(fits).collect::<Vec<usize>>().into_iter()
    }

    /// How it is with a seat for a group; `undecided` counts what is proposed as free.
    pub(super) fn look<'a>(
        &'a self,
        scope: &'a Scope<'_>,
        group: Group,
        now: Instant,
        undecided: bool,
    ) -> impl Fn(&Seat) -> Look + 'a {
        move |seat| {
            let i = seat.ticket as usize;
            let served = self.serves(self.tickets[i].set_aside);
            let free = served && self.tickets[i].until <= now && (undecided || !self.proposed[i]);
            let kept = scope.kept && seat.kind != SeatKind::Ordinary;
            let asked = match seat.kind {
                SeatKind::Ordinary => true,
                SeatKind::Wheelchair => group.wheelchairs > 0,
                SeatKind::Companion => group.companions > 0,
            };
            let fits = self.tickets[i].tier == scope.tier && (scope.restricted_view || !seat.restricted);
            Look { usable: free && fits && (asked || !kept), open: free && !kept }
        }
    }

    pub(super) fn skip<'a>(&'a self, scope: &'a Scope<'_>, size: usize) -> impl Fn(usize, &Row) -> bool + 'a {
        move |r, row| self.free_in_row[r] < size || scope.section.is_some_and(|section| *row.section != *section)
    }

    /// Whether a group could sit together there if what is undecided were free.
    pub(super) fn has_room(&self, scope: &Scope<'_>, group: Group, undecided: bool, now: Instant) -> bool {
        let search = Search { group, kept: scope.kept, near: None, many: 1 };
        let look = self.look(scope, group, now, undecided);
        !search.best(&self.seating.rows, self.skip(scope, group.size()), look).is_empty()
    }

    fn take_together(
        &mut self,
        scope: &Scope<'_>,
        group: Group,
        near: Option<Point>,
        turn: Turn,
        now: Instant,
    ) -> Option<Taken> {
        let search = Search { group, kept: scope.kept, near, many: turn.many.max(1) };
        let look = self.look(scope, group, now, false);
        let found = search.best(&self.seating.rows, self.skip(scope, group.size()), &look);
        let best = found.first()?;
        // Those that are as good but for their distance.
        let alike = found.iter().take_while(|window| {
            (window.rank.singles, window.rank.restricted) == (best.rank.singles, best.rank.restricted)
        });
        let window = &found[turn.nth % alike.count()];
        let row = &self.seating.rows[window.row];
        let looks: Vec<Look> = row.seats.iter().map(&look).collect();
        let alone = singles(row, &looks, window.first, group.size()).map(|i| row.seats[i].ticket as usize).collect();
        let seats = &row.seats[window.first..window.first + group.size()];
        let taken = Taken {
            tickets: seats.iter().map(|seat| seat.ticket as usize).collect(),
            middle: seats[seats.len() / 2].at,
            restricted: window.rank.restricted > 0,
            singles: alone,
        };
        drop(look);
        for i in &taken.tickets {
            self.mark(*i);
        }
        Some(taken)
    }

    /// Splits a group: who needs an accessible place first, then as few groups as can be, each near the first.
    fn take_apart(&mut self, scope: &Scope<'_>, group: Group, now: Instant) -> Option<Vec<Taken>> {
        let mut groups: Vec<Taken> = Vec::new();
        let accessible = group.accessible();
        let seated =
            accessible.is_empty() || accessible.iter().any(|units| self.take_all(scope, units, &mut groups, now));
        let mut left = group.ordinary;
        while seated && left > 0 {
            let look = self.look(scope, Group::ordinary(left), now, false);
            let largest = longest(&self.seating.rows, self.skip(scope, 1), look).min(left);
            let near = groups.first().map(|first| first.middle);
            let Some(taken) = self.take_together(scope, Group::ordinary(largest), near, Turn::FIRST, now) else {
                break;
            };
            groups.push(taken);
            left -= largest;
        }
        if seated && left == 0 {
            return Some(groups);
        }
        self.untake(&groups);
        None
    }

    /// Seats all these, or none.
    fn take_all(&mut self, scope: &Scope<'_>, units: &[Group], groups: &mut Vec<Taken>, now: Instant) -> bool {
        for unit in units {
            let near = groups.first().map(|first| first.middle);
            match self.take_together(scope, *unit, near, Turn::FIRST, now) {
                Some(taken) => groups.push(taken),
                None => {
                    self.untake(groups);
                    groups.clear();
                    return false;
                }
            }
        }
        true
    }

    fn untake(&mut self, groups: &[Taken]) {
        for i in groups.iter().flat_map(|group| &group.tickets) {
            self.proposed[*i] = false;
        }
    }

    fn why_not(&self, scope: &Scope<'_>, party: &Party, now: Instant) -> NoProposal {
        let group = party.group();
        let free = self.count(scope, group, false, now);
        if free.enough && party.together == Together::Required {
            if self.has_room(scope, group, true, now) {
                return NoProposal::Undecided;
            }
            let look = self.look(scope, group, now, false);
            let largest = longest(&self.seating.rows, self.skip(scope, 1), look);
            return NoProposal::NotTogether { largest };
        }
        if self.count(scope, group, true, now).enough && !free.enough {
            return NoProposal::Undecided;
        }
        NoProposal::TooFew(free.usable)
    }

    fn count(&self, scope: &Scope<'_>, group: Group, undecided: bool, now: Instant) -> Counted {
        let look = self.look(scope, group, now, undecided);
        let rows = self.seating.rows.iter().enumerate();
        let rows = rows.filter(|(r, row)| !self.skip(scope, 1)(*r, row)).map(|(_, row)| row);
        let (mut usable, mut wheelchairs, mut companions) = (0, 0, 0);
        for seat in rows.flat_map(|row| &row.seats).filter(|seat| look(seat).usable) {
            usable += 1;
            wheelchairs += usize::from(seat.kind == SeatKind::Wheelchair);
            companions += usize::from(seat.kind == SeatKind::Companion);
        }
        let accessible = wheelchairs >= group.wheelchairs && companions >= group.companions;
        let others = if scope.kept { wheelchairs + companions } else { group.wheelchairs + group.companions };
        let ordinary = usize::saturating_sub(usable, others);
        Counted { usable, enough: usable >= group.size() && accessible && ordinary >= group.ordinary }
    }

    fn chosen(&self, party: &Party, groups: &[Taken]) -> Chosen {
        let seats: Vec<usize> = groups.iter().flat_map(|group| group.tickets.iter().copied()).collect();
        let tickets = self.assign(party, &seats);
        // What one group has left alone, another may have taken.
        let alone = groups.iter().flat_map(|group| &group.singles).filter(|i| !self.proposed[**i]);
        let alone: Vec<&super::StockTicket> = alone.map(|i| &self.tickets[*i]).collect();
        let at: Vec<Vec<&super::StockTicket>> =
            groups.iter().map(|group| group.tickets.iter().map(|i| &self.tickets[*i]).collect()).collect();
        let restricted = groups.iter().any(|group| group.restricted);
        Chosen { tickets, note: SeatingNote::chosen(&at, &alone, restricted) }
    }

    /// Which offer each seat is for: accessible places to who asked for them, the others in the order of the party's lines.
    fn assign(&self, party: &Party, seats: &[usize]) -> Vec<(TicketId, OfferId)> {
        let offers = |kind: SeatKind| {
            let lines = party.lines.iter().filter(move |line| line.kind == kind);
            lines.flat_map(|line| std::iter::repeat_n(line.offer, line.quantity))
        };
        let mut wheelchairs = offers(SeatKind::Wheelchair);
        let mut companions = offers(SeatKind::Companion);
        let mut ordinary = offers(SeatKind::Ordinary);
        let assigned = seats.iter().filter_map(|i| {
            let ticket = &self.tickets[*i];
            let own = match ticket.kind() {
                SeatKind::Wheelchair => wheelchairs.next(),
                SeatKind::Companion => companions.next(),
                SeatKind::Ordinary => None,
            };
            Some((ticket.id, own.or_else(|| ordinary.next())?))
        });
        let mut assigned: Vec<(TicketId, OfferId)> = assigned.collect();
        // An offer's tickets stand together: they are sold in one round.
        assigned.sort_by_key(|(_, offer)| party.lines.iter().position(|line| line.offer == *offer));
        assigned
    }
}

/// How many seats can be had.
struct Counted {
    usable: usize,
    enough: bool,
}

/// Places without a number, for the party's lines in turn.
fn spread(party: &Party, tickets: Vec<TicketId>) -> Vec<(TicketId, OfferId)> {
    let offers = party.lines.iter().flat_map(|line| std::iter::repeat_n(line.offer, line.quantity));
    tickets.into_iter().zip(offers).collect()
}

impl SeatingNote {
    fn standing() -> Self {
        let detail = "Places of a general admission area, which have no numbers.".to_owned();
        Self { codes: vec![Code::GeneralAdmission], detail, single_seats: Vec::new() }
    }
}

#[cfg(test)]
#[path = "choosing_tests.rs"]
mod tests;
