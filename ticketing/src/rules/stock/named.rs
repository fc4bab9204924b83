//! What the rules of a performance say of seats that were named: single seats that they leave alone, companions' seats without
//! their wheelchair place.

use foundation::{Instant, id::TicketId};

use super::{NoProposal, Stock, StockTicket, choosing::Scope};
use crate::rules::{
    choose::{Group, Look, Search, singles},
    seating::{SeatKind, SingleSeats},
    seating_note::SeatingNote,
};

/// Named seats side by side.
struct Run {
    row: usize,
    first: usize,
    size: usize,
}

impl Stock {
    /// What is to be said of seats that were named and are proposed: single seats that they leave, where the rules speak of it.
    ///
    /// # Errors
    /// If the rules refuse them.
    pub fn check_named(&mut self, named: &[TicketId], now: Instant) -> Result<Option<SeatingNote>, NoProposal> {
        let mut warning = None;
        for run in self.runs(named) {
            let run = &run;
            let rule = self.single_seats(run);
            if rule == SingleSeats::Allowed {
                continue;
            }
            self.release_run(run, false);
            let left = self.left_alone(run, now);
            let instead = if left.is_empty() { None } else { self.better(run, now) };
            self.release_run(run, true);
            let Some(instead) = instead else { continue };
            if rule == SingleSeats::Refused {
                return Err(NoProposal::LeavesSingle { singles: left, instead });
            }
            let alone: Vec<&StockTicket> = left.iter().filter_map(|ticket| self.ticket(*ticket)).collect();
            warning = warning.or_else(|| Some(SeatingNote::warning(&alone)));
        }
        Ok(warning)
    }

    /// What becomes of a single seat beside these: what their section says, or else the performance.
    fn single_seats(&self, run: &Run) -> SingleSeats {
        let own = self.single_seats_of.get(&*self.seating.rows[run.row].section);
        own.copied().unwrap_or(self.seating_rules.single_seats)
    }

    /// The named seats in runs side by side: row, first seat, size.
    fn runs(&self, named: &[TicketId]) -> Vec<Run> {
        let place = |ticket: &TicketId| self.seating.find(*self.index.get(ticket)? as usize);
        let mut places: Vec<(usize, usize)> = named.iter().filter_map(place).collect();
        places.sort_unstable();
        let mut runs: Vec<Run> = Vec::new();
        for (row, seat) in places {
            let joins = |run: &&mut Run| {
                run.row == row && run.first + run.size == seat && self.seating.rows[row].beside(seat - 1, seat)
            };
            match runs.last_mut().filter(joins) {
                Some(run) => run.size += 1,
                None => runs.push(Run { row, first: seat, size: 1 }),
            }
        }
        runs
    }

    fn release_run(&mut self, run: &Run, propose: bool) {
        for seat in &self.seating.rows[run.row].seats[run.first..run.first + run.size] {
            self.proposed[seat.ticket as usize] = propose;
        }
    }

    fn left_alone(&self, run: &Run, now: Instant) -> Vec<TicketId> {
        let row = &self.seating.rows[run.row];
        let scope = self.scope_of(run, now);
        let look = self.look(&scope, Group::ordinary(run.size), now, false);
        let looks: Vec<Look> = row.seats.iter().map(look).collect();
        singles(row, &looks, run.first, run.size).map(|i| self.tickets[row.seats[i].ticket as usize].id).collect()
    }

    fn scope_of(&self, run: &Run, now: Instant) -> Scope<'_> {
        let row = &self.seating.rows[run.row];
        let seats = &row.seats[run.first..run.first + run.size];
        let tier = self.tickets[seats[0].ticket as usize].tier;
        let restricted_view = seats.iter().any(|seat| seat.restricted);
        Scope { tier, section: Some(&row.section), restricted_view, kept: self.keeps(now) }
    }

    /// As many seats of the same section and tier that leave no single seat, if there are.
    fn better(&self, run: &Run, now: Instant) -> Option<Vec<TicketId>> {
        let seats = &self.seating.rows[run.row].seats[run.first..run.first + run.size];
        let at = |kind| seats.iter().filter(|seat| seat.kind == kind).count();
        let scope = self.scope_of(run, now);
        let group = if scope.kept {
            let (wheelchairs, companions) = (at(SeatKind::Wheelchair), at(SeatKind::Companion));
            Group { ordinary: run.size - wheelchairs - companions, wheelchairs, companions }
        } else {
            Group::ordinary(run.size)
        };
        let search = Search { group, kept: scope.kept, near: Some(seats[seats.len() / 2].at), many: 1 };
        let look = self.look(&scope, group, now, false);
        let found = search.best(&self.seating.rows, self.skip(&scope, run.size), look);
        let window = found.first().filter(|window| window.rank.singles == 0)?;
        let seats = &self.seating.rows[window.row].seats[window.first..window.first + run.size];
        Some(seats.iter().map(|seat| self.tickets[seat.ticket as usize].id).collect())
    }

    /// The first of these companions' seats that is joined to no wheelchair place among them while such seats are kept.
    #[must_use]
    pub fn unattended(&self, tickets: &[TicketId], now: Instant) -> Option<TicketId> {
        if !self.keeps(now) {
            return None;
        }
        let known = |ticket: &TicketId| self.index.get(ticket).map(|i| *i as usize);
        let all: Vec<usize> = tickets.iter().filter_map(known).collect();
        let alone = |i: &&usize| self.tickets[**i].kind() == SeatKind::Companion && !self.is_attended(**i, &all);
        all.iter().find(alone).map(|i| self.tickets[*i].id)
    }

    fn is_attended(&self, ticket: usize, all: &[usize]) -> bool {
        let Some((r, at)) = self.seating.find(ticket) else { return false };
        let row = &self.seating.rows[r];
        let ours = |i: usize| all.contains(&(row.seats[i].ticket as usize));
        let reaches = |way: &mut dyn Iterator<Item = (usize, bool)>| {
            for (i, beside) in way {
                if !beside || !ours(i) {
                    return false;
                }
                match row.seats[i].kind {
                    SeatKind::Wheelchair => return true,
                    SeatKind::Companion => {}
                    SeatKind::Ordinary => return false,
                }
            }
            false
        };
        reaches(&mut (0..at).rev().map(|i| (i, row.beside(i, i + 1))))
            || reaches(&mut (at + 1..row.seats.len()).map(|i| (i, row.beside(i - 1, i))))
    }
}
