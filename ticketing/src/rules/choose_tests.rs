//! The search against a model that tries every set of seats.

use std::sync::Arc;

use proptest::{collection::vec, prelude::*};

use super::*;

const KINDS: [SeatKind; 3] = [SeatKind::Ordinary, SeatKind::Wheelchair, SeatKind::Companion];

/// A seat as it is drawn by lot: what it is, whether it is free, and whether there is a gap before it.
#[derive(Debug, Clone)]
struct Lot {
    kind: SeatKind,
    restricted: bool,
    free: bool,
    gap: bool,
    x: i32,
}

fn lot() -> impl Strategy<Value = Lot> {
    let kind = prop_oneof![6 => Just(0_usize), 1 => Just(1), 1 => Just(2)].prop_map(|kind| KINDS[kind]);
    (kind, prop::bool::weighted(0.2), prop::bool::weighted(0.7), prop::bool::weighted(0.1), -30..30_i32)
        .prop_map(|(kind, restricted, free, gap, x)| Lot { kind, restricted, free, gap, x })
}

fn house() -> impl Strategy<Value = Vec<Vec<Lot>>> {
    vec(vec(lot(), 1..8), 1..4)
}

/// The rows, nearest first, and by ticket whether it is free.
fn rows(house: &[Vec<Lot>]) -> (Vec<Row>, Vec<bool>) {
    let mut free = Vec::new();
    let mut rows = Vec::new();
    for (y, lots) in (1_i32..).zip(house) {
        let mut nth = 0;
        let mut seats = Vec::new();
        for lot in lots {
            nth += if lot.gap { 2 } else { 1 };
            let at = Point { x: lot.x, y: y * 10 };
            let far = distance(at, Point { x: 0, y: 0 });
            let ticket = u32::try_from(free.len()).unwrap();
            seats.push(Seat { ticket, nth, at, far, kind: lot.kind, restricted: lot.restricted });
            free.push(lot.free);
        }
        let nearest = seats.iter().map(|seat| seat.far).min().unwrap();
        rows.push(Row { section: Arc::from("Stalls"), seats, nearest });
    }
    rows.sort_by_key(|row| row.nearest);
    (rows, free)
}

/// Every set of so many of these.
fn subsets(of: &[(usize, usize)], size: usize) -> Vec<Vec<(usize, usize)>> {
    if size == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (i, one) in of.iter().enumerate() {
        for mut rest in subsets(&of[i + 1..], size - 1) {
            rest.insert(0, *one);
            all.push(rest);
        }
    }
    all
}

struct Model<'a> {
    rows: &'a [Row],
    free: &'a [bool],
    group: Group,
    kept: bool,
    restricted_view: bool,
}

impl Model<'_> {
    fn seat(&self, (row, seat): (usize, usize)) -> &Seat {
        &self.rows[row].seats[seat]
    }

    fn is_open(&self, at: (usize, usize), taken: &[(usize, usize)]) -> bool {
        let seat = self.seat(at);
        self.free[seat.ticket as usize] && !taken.contains(&at) && (!self.kept || seat.kind == SeatKind::Ordinary)
    }

    fn all(&self) -> Vec<(usize, usize)> {
        (0..self.rows.len()).flat_map(|row| (0..self.rows[row].seats.len()).map(move |seat| (row, seat))).collect()
    }

    fn neighbours(&self, (row, seat): (usize, usize)) -> Vec<(usize, usize)> {
        let nth = self.seat((row, seat)).nth;
        let near = |other: &(usize, usize)| other.0 == row && (self.seat(*other).nth - nth).abs() == 1;
        self.all().into_iter().filter(near).collect()
    }

    /// Open, and no neighbour is.
    fn alone(&self, taken: &[(usize, usize)]) -> Vec<(usize, usize)> {
        let alone = |at: &(usize, usize)| {
            self.is_open(*at, taken) && !self.neighbours(*at).into_iter().any(|next| self.is_open(next, taken))
        };
        self.all().into_iter().filter(alone).collect()
    }

    fn fits(&self, taken: &[(usize, usize)]) -> bool {
        let seats: Vec<&Seat> = taken.iter().map(|at| self.seat(*at)).collect();
        let usable = |seat: &&Seat| self.free[seat.ticket as usize] && (self.restricted_view || !seat.restricted);
        let side_by_side =
            taken.windows(2).all(|pair| pair[0].0 == pair[1].0 && self.seat(pair[0]).nth + 1 == self.seat(pair[1]).nth);
        let at = |kind: SeatKind| seats.iter().filter(|seat| seat.kind == kind).count();
        let (wheelchairs, companions) = (at(SeatKind::Wheelchair), at(SeatKind::Companion));
        let kinds = if self.kept {
            wheelchairs == self.group.wheelchairs && companions == self.group.companions
        } else {
            wheelchairs >= self.group.wheelchairs && companions >= self.group.companions
        };
        seats.iter().all(usable) && side_by_side && kinds && (!self.kept || self.attended(taken))
    }

    /// Whether from each companion's seat a wheelchair place is reached over such seats only.
    fn attended(&self, taken: &[(usize, usize)]) -> bool {
        let companions = taken.iter().filter(|at| self.seat(**at).kind == SeatKind::Companion);
        companions.into_iter().all(|companion| {
            let mut reached = vec![*companion];
            while let Some(next) = reached
                .iter()
                .flat_map(|at| self.neighbours(*at))
                .find(|at| taken.contains(at) && !reached.contains(at) && self.seat(*at).kind != SeatKind::Ordinary)
            {
                reached.push(next);
            }
            reached.iter().any(|at| self.seat(*at).kind == SeatKind::Wheelchair)
        })
    }

    fn rank(&self, taken: &[(usize, usize)]) -> Rank {
        let before = self.alone(&[]);
        let singles = self.alone(taken).into_iter().filter(|at| !before.contains(at)).count();
        let seats = || taken.iter().map(|at| self.seat(*at));
        let restricted = seats().filter(|seat| seat.restricted).count();
        Rank { singles, restricted, far: seats().map(|seat| seat.far).sum() }
    }

    /// The ranks of all that fit, the best first.
    fn ranks(&self) -> Vec<Rank> {
        let fitting = subsets(&self.all(), self.group.size()).into_iter().filter(|taken| self.fits(taken));
        let mut ranks: Vec<Rank> = fitting.map(|taken| self.rank(&taken)).collect();
        ranks.sort_unstable();
        ranks
    }
}

fn group() -> impl Strategy<Value = Group> {
    prop_oneof![
        4 => (1..5_usize).prop_map(Group::ordinary),
        1 => (0..2_usize, 1..3_usize, 0..3_usize)
            .prop_map(|(ordinary, wheelchairs, companions)| Group { ordinary, wheelchairs, companions }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// No single seat is left unless nothing else fits, no restricted view is given unless nothing else is left, and of what is
    /// as good in that the nearest is taken: whatever the house looks like.
    #[test]
    fn the_best_of_all_sets_of_seats_is_found(
        house in house(), group in group(), kept: bool, restricted_view: bool, many in 1..6_usize,
    ) {
        let (rows, free) = rows(&house);
        let model = Model { rows: &rows, free: &free, group, kept, restricted_view };
        let look = |seat: &Seat| {
            let free = free[seat.ticket as usize];
            let open = free && (!kept || seat.kind == SeatKind::Ordinary);
            Look { usable: free && (restricted_view || !seat.restricted), open }
        };
        let search = Search { group, kept, near: None, many };
        let found = search.best(&rows, |_, _| false, look);
        let mut expected = model.ranks();
        expected.truncate(many);
        prop_assert_eq!(found.iter().map(|window| window.rank).collect::<Vec<_>>(), expected);
        for window in &found {
            let taken: Vec<(usize, usize)> = (window.first..window.first + group.size()).map(|i| (window.row, i)).collect();
            prop_assert!(model.fits(&taken), "{:?}", window);
            prop_assert_eq!(model.rank(&taken), window.rank);
            let looks: Vec<Look> = rows[window.row].seats.iter().map(look).collect();
            let told: Vec<(usize, usize)> =
                singles(&rows[window.row], &looks, window.first, group.size()).map(|i| (window.row, i)).collect();
            let before = model.alone(&[]);
            let alone: Vec<(usize, usize)> =
                model.alone(&taken).into_iter().filter(|at| !before.contains(at)).collect();
            prop_assert_eq!(told, alone);
        }
    }

    /// What is longest side by side is what a group of that size, and none that is larger, finds.
    #[test]
    fn the_longest_run_is_the_largest_group(house in house()) {
        let (rows, free) = rows(&house);
        let look = |seat: &Seat| Look { usable: free[seat.ticket as usize], open: free[seat.ticket as usize] };
        let longest = longest(&rows, |_, _| false, look);
        let finds = |size| {
            let search = Search { group: Group::ordinary(size), kept: false, near: None, many: 1 };
            !search.best(&rows, |_, _| false, look).is_empty()
        };
        prop_assert!(longest == 0 || finds(longest));
        prop_assert!(!finds(longest + 1));
    }
}
