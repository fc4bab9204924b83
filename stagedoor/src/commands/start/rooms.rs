//! The rooms of the demo: plans as a reseller would draw them. Lengths are centimetres; the stage is above, where y is 0.

use ticketing::rules::layout::{
    Plan,
    plan::{Area, Point, Row, Seat, Section, Stage},
};

/// Between seats of a row, and between rows.
const SEAT: i32 = 54;
const ROW: i32 = 95;

/// 2,200 numbered seats: 1,000 in the stalls, 700 in the circle, 500 in the gallery.
pub(super) fn theatre() -> Plan {
    let letters = |many: u8| (0..many).map(|n| char::from(b'A' + n).to_string());
    Plan {
        stage: Some(Stage { label: "Stage".to_owned(), outline: rectangle((-800, -600), (800, 0)) }),
        focal_point: Some(Point { x: 0, y: -100 }),
        sections: vec![
            rows_behind("Stalls", letters(25), 40, 400),
            rows_behind("Circle", letters(14), 50, 3_000),
            rows_behind("Gallery", letters(10), 50, 4_600),
        ],
        ..Plan::default()
    }
}

/// 20,000 places: 1,000 in the pit, 7,000 on the floor, 12,000 numbered seats in four stands.
pub(super) fn arena() -> Plan {
    let numbers = || (1..=30).map(|n: u32| n.to_string());
    let area = |name: &str, capacity, corners: [(i32, i32); 2]| Area {
        name: name.to_owned(),
        capacity,
        maximum: None,
        outline: rectangle(corners[0], corners[1]),
    };
    let turned = |name: &str, along: fn(Point) -> Point| {
        let mut stand = rows_behind(name, numbers(), 100, 3_500);
        for seat in stand.rows.iter_mut().flat_map(|row| &mut row.seats) {
            let at = along(Point { x: seat.x, y: seat.y });
            (seat.x, seat.y) = (at.x, 3_000 + at.y);
        }
        stand
    };
    Plan {
        stage: Some(Stage { label: "Stage".to_owned(), outline: rectangle((-1_500, -1_000), (1_500, 0)) }),
        focal_point: Some(Point { x: 0, y: -100 }),
        sections: vec![
            turned("North", |at| Point { x: at.x, y: -at.y - 2_000 }),
            turned("East", |at| Point { x: at.y, y: at.x }),
            turned("South", |at| at),
            turned("West", |at| Point { x: -at.y, y: at.x }),
        ],
        areas: vec![
            area("Pit", 1_000, [(-1_500, 200), (1_500, 1_200)]),
            area("Floor", 7_000, [(-2_500, 1_400), (2_500, 6_000)]),
        ],
        ..Plan::default()
    }
}

/// A section of rows of so many seats, the first so far from the stage.
fn rows_behind(name: &str, labels: impl Iterator<Item = String>, seats: i32, from: i32) -> Section {
    let row = |(y, label): (i32, String)| Row {
        label,
        seats: (1..=seats)
            .map(|n| Seat {
                label: n.to_string(),
                x: (2 * n - 1 - seats) * SEAT / 2,
                y: from + y * ROW,
                attributes: Vec::new(),
            })
            .collect(),
    };
    let rows = (0..).zip(labels).map(row).collect();
    Section { name: name.to_owned(), maximum: None, single_seats: None, outline: Vec::new(), rows }
}

fn rectangle((left, top): (i32, i32), (right, bottom): (i32, i32)) -> Vec<Point> {
    [(left, top), (right, top), (right, bottom), (left, bottom)].map(|(x, y)| Point { x, y }).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_rooms_are_sound_and_as_large_as_they_say() {
        for (plan, seats, places) in [(theatre(), 2_200, 0), (arena(), 12_000, 8_000)] {
            plan.check("").unwrap();
            assert_eq!((plan.seats(), plan.places()), (seats, places));
        }
    }
}
