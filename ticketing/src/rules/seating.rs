//! How the seats of a performance stand: rows of neighbours, how far each seat is from what there is to see, and whom a place is
//! kept for. Pure. It must never know who has a seat.

use std::{collections::HashMap, sync::Arc};

use foundation::Instant;
use serde::{Deserialize, Serialize};

use super::{
    as_text,
    layout::{
        SeatAttribute,
        plan::{FAR, Plan, Point},
    },
    stock::StockTicket,
};

/// Whom a place is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatKind {
    /// Anyone.
    #[default]
    Ordinary,
    /// Who comes in a wheelchair.
    Wheelchair,
    /// Who comes with somebody at the wheelchair place beside it.
    Companion,
}

impl SeatKind {
    /// What a seat with these attributes is for.
    #[must_use]
    pub fn of(attributes: &[SeatAttribute]) -> Self {
        if attributes.contains(&SeatAttribute::Wheelchair) {
            Self::Wheelchair
        } else if attributes.contains(&SeatAttribute::Companion) {
            Self::Companion
        } else {
            Self::Ordinary
        }
    }
}

as_text! {
    SingleSeats { Allowed = "allowed", Warned = "warned", Refused = "refused" }
}

/// What becomes of a selection that leaves a single seat alone between taken ones, where another would not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SingleSeats {
    /// Nothing is said of it.
    #[default]
    Allowed,
    /// The answer says so.
    Warned,
    /// It is refused.
    Refused,
}

/// What a performance's reseller has set about choosing seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SeatingRules {
    /// Until when wheelchair places and companions' seats are kept for who needs them; without a time, to the end.
    pub accessible_until: Option<Instant>,
    /// What becomes of selections that leave a single seat.
    pub single_seats: SingleSeats,
}

impl SeatingRules {
    /// Whether wheelchair places and companions' seats are kept at this time.
    #[must_use]
    pub fn keeps(&self, now: Instant) -> bool {
        self.accessible_until.is_none_or(|until| now < until)
    }
}

/// Where a ticket's seat stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spot {
    /// Counts along its row: neighbours are one apart, and where a seat is not on sale there is a gap.
    pub nth: i32,
    /// On the drawing, where there is one.
    pub at: Option<Point>,
}

/// A seat of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    /// The ticket's index in the stock.
    pub ticket: u32,
    /// Counts along its row.
    pub nth: i32,
    /// Where it stands, from the focal point, in centimetres.
    pub at: Point,
    /// The square of its distance from the focal point.
    pub far: u64,
    /// Whom it is for.
    pub kind: SeatKind,
    /// Whether something stands in the way of looking.
    pub restricted: bool,
}

/// Seats side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Of this section.
    pub section: Arc<str>,
    /// From one end to the other.
    pub seats: Vec<Seat>,
    /// How far the nearest of them is from the focal point, squared.
    pub nearest: u64,
}

impl Row {
    /// Whether these two, one after the other in the row, are neighbours.
    #[must_use]
    pub fn beside(&self, left: usize, right: usize) -> bool {
        match (self.seats.get(left), self.seats.get(right)) {
            (Some(left), Some(right)) => left.nth + 1 == right.nth,
            _ => false,
        }
    }
}

/// All rows of a performance, the nearest to the focal point first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seating {
    /// The rows.
    pub rows: Vec<Row>,
    /// By ticket, in which row; empty where nothing has a number.
    row_of: Vec<u32>,
}

/// The distance between seats of a row, and between rows, where no drawing says it.
const SEAT_APART: i32 = 54;
const ROW_APART: i32 = 92;

impl Seating {
    /// The rows of these tickets, which are in drawing order. Where no focal point is known, rows are taken to stand one behind
    /// the other as they are drawn, and the middle of the first is nearest.
    #[must_use]
    pub fn new(tickets: &[StockTicket], focal: Option<Point>) -> Self {
        let mut found: HashMap<(&str, &str, bool), usize> = HashMap::new();
        let mut members: Vec<Vec<usize>> = Vec::new();
        for (i, ticket) in tickets.iter().enumerate() {
            let Some(row) = &ticket.row else { continue };
            let key = (&*ticket.section, &**row, ticket.spot.at.is_some());
            let nth = *found.entry(key).or_insert_with(|| {
                members.push(Vec::new());
                members.len() - 1
            });
            members[nth].push(i);
        }
        let mut rows: Vec<Row> = members
            .into_iter()
            .enumerate()
            .filter_map(|(behind, mut members)| {
                members.sort_by_key(|i| tickets[*i].spot.nth);
                row_of(tickets, &members, behind, focal)
            })
            .collect();
        rows.sort_by_key(|row| row.nearest);
        let mut row_of = if rows.is_empty() { Vec::new() } else { vec![u32::MAX; tickets.len()] };
        for (r, row) in rows.iter().enumerate() {
            for seat in &row.seats {
                row_of[seat.ticket as usize] = index(r);
            }
        }
        Self { rows, row_of }
    }

    /// In which row a ticket's seat is, if it has one.
    #[must_use]
    pub fn row_of(&self, ticket: usize) -> Option<usize> {
        self.row_of.get(ticket).filter(|row| **row != u32::MAX).map(|row| *row as usize)
    }

    /// A ticket's row, and where in it its seat is.
    #[must_use]
    pub fn find(&self, ticket: usize) -> Option<(usize, usize)> {
        let r = self.row_of(ticket)?;
        let row = self.rows.get(r)?;
        Some((r, row.seats.iter().position(|seat| seat.ticket as usize == ticket)?))
    }
}

fn row_of(tickets: &[StockTicket], members: &[usize], behind: usize, focal: Option<Point>) -> Option<Row> {
    let first = tickets.get(*members.first()?)?;
    let many = i32::try_from(members.len()).unwrap_or(i32::MAX);
    let seat = |(i, member): (usize, &usize)| {
        let ticket = &tickets[*member];
        let at = match (ticket.spot.at, focal) {
            (Some(at), Some(focal)) => Point { x: at.x.saturating_sub(focal.x), y: at.y.saturating_sub(focal.y) },
            _ => {
                let along = i32::try_from(i).unwrap_or(i32::MAX).saturating_mul(2).saturating_add(1 - many);
                let back = i32::try_from(behind + 1).unwrap_or(i32::MAX).saturating_mul(ROW_APART);
                // Beside seats whose place is known, those come first.
                let known = if focal.is_some() { FAR } else { 0 };
                Point { x: along.saturating_mul(SEAT_APART / 2), y: back.saturating_add(known) }
            }
        };
        let restricted = ticket.attributes.contains(&SeatAttribute::RestrictedView);
        let far = distance(at, Point { x: 0, y: 0 });
        Seat { ticket: index(*member), nth: ticket.spot.nth, at, far, kind: ticket.kind(), restricted }
    };
    let seats: Vec<Seat> = members.iter().enumerate().map(seat).collect();
    let nearest = seats.iter().map(|seat| seat.far).min()?;
    Some(Row { section: first.section.clone(), seats, nearest })
}

fn index(i: usize) -> u32 {
    u32::try_from(i).unwrap_or(u32::MAX)
}

/// The square of the distance between two points.
#[must_use]
pub fn distance(from: Point, to: Point) -> u64 {
    let (x, y) = (i64::from(from.x) - i64::from(to.x), i64::from(from.y) - i64::from(to.y));
    (x * x + y * y).unsigned_abs()
}

/// What everyone looks at: the plan's focal point, else the middle of its stage.
#[must_use]
pub fn focal_point(plan: &Plan) -> Option<Point> {
    let of_stage = || {
        let corners = &plan.stage.as_ref()?.outline;
        let many = i64::try_from(corners.len()).ok().filter(|many| *many > 0)?;
        let mean = |of: fn(&Point) -> i32| {
            i32::try_from(corners.iter().map(|corner| i64::from(of(corner))).sum::<i64>() / many).ok()
        };
        Some(Point { x: mean(|corner| corner.x)?, y: mean(|corner| corner.y)? })
    };
    plan.focal_point.or_else(of_stage)
}
