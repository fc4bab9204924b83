//! Which seats are best for a party: side by side, leaving no single seat alone, with a free view, nearest to the focal point, in
//! this order. Pure: it is told what is free, and it never decides who gets a seat.

use foundation::id::OfferId;
use serde::{Deserialize, Serialize};

use super::{
    layout::plan::Point,
    seating::{Row, Seat, SeatKind, distance},
};

/// So many tickets of one offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Under which offer.
    pub offer: OfferId,
    /// How many.
    pub quantity: usize,
    /// At which kind of place.
    pub kind: SeatKind,
}

/// Whether a party may be split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Together {
    /// It sits side by side in one row, or not at all.
    #[default]
    Required,
    /// Where so many seats are not side by side, it is split into as few groups as can be.
    Preferred,
}

/// People who want to sit together. All offers are of one price tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// What tickets.
    pub lines: Vec<Line>,
    /// In this section only.
    pub section: Option<String>,
    /// Whether it may be split.
    pub together: Together,
    /// Whether seats with a restricted view will do.
    pub restricted_view: bool,
}

impl Party {
    /// How many tickets.
    #[must_use]
    pub fn tickets(&self) -> usize {
        self.lines.iter().fold(0_usize, |sum, line| sum.saturating_add(line.quantity))
    }

    /// How many tickets of each offer, each once, in the order of the lines.
    #[must_use]
    pub fn offers(&self) -> Vec<(OfferId, usize)> {
        let mut offers: Vec<(OfferId, usize)> = Vec::new();
        for line in &self.lines {
            match offers.iter_mut().find(|(offer, _)| *offer == line.offer) {
                Some((_, many)) => *many = many.saturating_add(line.quantity),
                None => offers.push((line.offer, line.quantity)),
            }
        }
        offers
    }

    /// How many at this kind of place.
    #[must_use]
    pub fn at(&self, kind: SeatKind) -> usize {
        self.lines.iter().filter(|line| line.kind == kind).fold(0, |sum, line| sum.saturating_add(line.quantity))
    }

    /// Everybody in one group.
    #[must_use]
    pub fn group(&self) -> Group {
        let at = |kind| self.at(kind);
        Group {
            ordinary: at(SeatKind::Ordinary),
            wheelchairs: at(SeatKind::Wheelchair),
            companions: at(SeatKind::Companion),
        }
    }
}

/// How many sit side by side, at which kind of place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// Without a need of their own.
    pub ordinary: usize,
    /// In wheelchairs.
    pub wheelchairs: usize,
    /// With those.
    pub companions: usize,
}

impl Group {
    /// So many without a need of their own.
    #[must_use]
    pub fn ordinary(ordinary: usize) -> Self {
        Self { ordinary, wheelchairs: 0, companions: 0 }
    }

    /// All of them.
    #[must_use]
    pub fn size(&self) -> usize {
        self.ordinary + self.wheelchairs + self.companions
    }

    /// Who needs a place of a kind of their own: all of them as one group, and each wheelchair with its share of the companions.
    #[must_use]
    pub fn accessible(&self) -> Vec<Vec<Self>> {
        if self.wheelchairs == 0 {
            return Vec::new();
        }
        let one = Self { ordinary: 0, ..*self };
        let each = |n: usize| {
            let more = usize::from(n < self.companions % self.wheelchairs);
            Self { ordinary: 0, wheelchairs: 1, companions: self.companions / self.wheelchairs + more }
        };
        vec![vec![one], (0..self.wheelchairs).map(each).collect()]
    }

    fn fits(&self, taken: Self, kept: bool) -> bool {
        let (wheelchairs, companions) = (taken.wheelchairs, taken.companions);
        // What is kept is not given to who did not ask for it.
        if kept {
            wheelchairs == self.wheelchairs && companions == self.companions
        } else {
            wheelchairs >= self.wheelchairs && companions >= self.companions
        }
    }
}

/// How it is with a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// It can be given to this group.
    pub usable: bool,
    /// Anyone could have it: it is free and not kept for somebody.
    pub open: bool,
}

/// How good seats are; less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// How many single seats they leave alone that were not alone before.
    pub singles: usize,
    /// How many have a restricted view.
    pub restricted: usize,
    /// The sum of the squares of their distances.
    pub far: u64,
}

/// Seats side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// In which row.
    pub row: usize,
    /// From which seat of it on.
    pub first: usize,
    /// How good they are.
    pub rank: Rank,
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Search {
    /// For whom.
    pub group: Group,
    /// Whether accessible places are kept for who needs them.
    pub kept: bool,
    /// Near this place rather than near the focal point.
    pub near: Option<Point>,
    /// So many of the best, at least one.
    pub many: usize,
}

impl Search {
    /// The best windows, the best first. A row that `skip` tells of is not looked at.
    pub fn best(&self, rows: &[Row], skip: impl Fn(usize, &Row) -> bool, look: impl Fn(&Seat) -> Look) -> Vec<Window> {
        let size = self.group.size();
        let mut found: Vec<Window> = Vec::with_capacity(self.many + 1);
        let mut looks = Vec::new();
        for (r, row) in rows.iter().enumerate() {
            if self.is_beaten(&found, row) {
                break;
            }
            if row.seats.len() < size || skip(r, row) {
                continue;
            }
            looks.clear();
            looks.extend(row.seats.iter().map(&look));
            self.search_row(r, row, &looks, &mut found);
        }
        found
    }

    /// Whether neither this row nor any that is farther can have anything better.
    fn is_beaten(&self, found: &[Window], row: &Row) -> bool {
        let least = Rank { singles: 0, restricted: 0, far: row.nearest.saturating_mul(self.group.size() as u64) };
        self.near.is_none() && found.len() == self.many && found.last().is_some_and(|worst| worst.rank <= least)
    }

    fn search_row(&self, r: usize, row: &Row, looks: &[Look], found: &mut Vec<Window>) {
        let size = self.group.size();
        let mut taken = Group::ordinary(0);
        let (mut restricted, mut far, mut length) = (0_usize, 0_u64, 0_usize);
        for (i, seat) in row.seats.iter().enumerate() {
            if !looks[i].usable || (length > 0 && !row.beside(i - 1, i)) {
                (taken, restricted, far, length) = (Group::ordinary(0), 0, 0, 0);
            }
            if !looks[i].usable {
                continue;
            }
            length += 1;
            *taken.at(seat.kind) += 1;
            restricted += usize::from(seat.restricted);
            far += self.far(seat);
            if length > size {
                let out = &row.seats[i - size];
                *taken.at(out.kind) -= 1;
                restricted -= usize::from(out.restricted);
                far -= self.far(out);
            }
            if length < size || !self.group.fits(taken, self.kept) {
                continue;
            }
            let first = i + 1 - size;
            if self.kept && self.group.companions > 0 && !attended(row, first, size) {
                continue;
            }
            let rank = Rank { singles: singles(row, looks, first, size).count(), restricted, far };
            self.keep(found, Window { row: r, first, rank });
        }
    }

    fn far(&self, seat: &Seat) -> u64 {
        self.near.map_or(seat.far, |near| distance(seat.at, near))
    }

    fn keep(&self, found: &mut Vec<Window>, window: Window) {
        let at = found.partition_point(|better| better.rank <= window.rank);
        if at < self.many {
            found.insert(at, window);
            found.truncate(self.many);
        }
    }
}

impl Group {
    fn at(&mut self, kind: SeatKind) -> &mut usize {
        match kind {
            SeatKind::Ordinary => &mut self.ordinary,
            SeatKind::Wheelchair => &mut self.wheelchairs,
            SeatKind::Companion => &mut self.companions,
        }
    }
}

/// The seats, by their place in the row, that would be left alone: open, with no open neighbour any more, and one before.
pub fn singles<'a>(row: &'a Row, looks: &'a [Look], first: usize, size: usize) -> impl Iterator<Item = usize> + 'a {
    let open = |i: usize| looks.get(i).is_some_and(|look| look.open);
    let end = first + size;
    let left = first.checked_sub(1).filter(move |left| {
        let beyond = left.checked_sub(1).is_some_and(|beyond| open(beyond) && row.beside(beyond, *left));
        open(*left) && open(first) && row.beside(*left, first) && !beyond
    });
    let right = Some(end).filter(move |right| {
        let beyond = open(right + 1) && row.beside(*right, right + 1);
        size > 0 && open(*right) && open(end - 1) && row.beside(end - 1, *right) && !beyond
    });
    left.into_iter().chain(right)
}

/// Whether each companion's seat among these is joined to a wheelchair place among them by companions' seats only.
#[must_use]
pub fn attended(row: &Row, first: usize, size: usize) -> bool {
    let Some(seats) = row.seats.get(first..first + size) else { return false };
    // Between ordinary seats, what is kept is one wheelchair place with its companions or several; one wheelchair will do.
    seats
        .split(|seat| seat.kind == SeatKind::Ordinary)
        .all(|run| run.is_empty() || run.iter().any(|seat| seat.kind == SeatKind::Wheelchair))
}

/// The longest run of usable seats side by side.
pub fn longest(rows: &[Row], skip: impl Fn(usize, &Row) -> bool, look: impl Fn(&Seat) -> Look) -> usize {
    let mut longest = 0;
    for (_, row) in rows.iter().enumerate().filter(|(r, row)| !skip(*r, row)) {
        let mut length = 0;
        for (i, seat) in row.seats.iter().enumerate() {
            let joined = length > 0 && row.beside(i - 1, i);
            length = match (look(seat).usable, joined) {
                (false, _) => 0,
                (true, true) => length + 1,
                (true, false) => 1,
            };
            longest = longest.max(length);
        }
    }
    longest
}

#[cfg(test)]
#[path = "choose_tests.rs"]
mod tests;
