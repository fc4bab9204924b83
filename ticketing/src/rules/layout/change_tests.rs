use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::rules::layout::{
    Plan,
    plan::{Area, Point, Row, Seat, Section},
};

/// A section with a row of these seats, and an area of so many places (none for 0).
fn plan(seats: &BTreeSet<u8>, maximum: Option<u32>, places: u32) -> Plan {
    let seat = |n: &u8| Seat { label: n.to_string(), x: i32::from(*n) * 50, y: 0, attributes: Vec::new() };
    let row = Row { label: "A".to_owned(), seats: seats.iter().map(seat).collect() };
    let section =
        Section { name: "Stalls".to_owned(), maximum, single_seats: None, outline: Vec::new(), rows: vec![row] };
    let corner = Point { x: 0, y: 0 };
    let area = Area { name: "Floor".to_owned(), capacity: places, maximum: None, outline: vec![corner; 3] };
    Plan {
        sections: if seats.is_empty() { Vec::new() } else { vec![section] },
        areas: if places == 0 { Vec::new() } else { vec![area] },
        ..Plan::default()
    }
}

fn between(from: &Plan, to: &Plan) -> Change {
    let choices = std::collections::BTreeMap::new();
    Change::between(&from.chosen(&choices), &to.chosen(&choices))
}

proptest! {
    /// Where nothing is told, nothing that tickets depend on is different; where something is, all that will be there is told.
    #[test]
    fn what_is_told_is_what_will_be_there(
        before in proptest::collection::btree_set(0..12_u8, 0..10), after in proptest::collection::btree_set(0..12_u8, 0..10),
        maxima in (proptest::option::of(1..12_u32), proptest::option::of(1..12_u32)), places in (0..4_u32, 0..4_u32),
    ) {
        let (from, to) = (plan(&before, maxima.0, places.0), plan(&after, maxima.1, places.1));
        let change = between(&from, &to);
        let limit = |seats: &BTreeSet<u8>, maximum: Option<u32>| u32::try_from(seats.len()).unwrap().min(maximum.unwrap_or(u32::MAX));
        let (was, is) = (limit(&before, maxima.0), limit(&after, maxima.1));
        let stalls = before != after || was != is;
        prop_assert_eq!(change.affected.contains(&"Stalls".to_owned()), stalls);
        prop_assert_eq!(change.affected.contains(&"Floor".to_owned()), places.0 != places.1);
        prop_assert_eq!(change.is_harmless(), !stalls && places.0 == places.1);
        prop_assert_eq!(change.total, u64::from(is + places.1));
        if stalls {
            let there: BTreeSet<u8> = change.seats.iter().map(|(_, _, seat)| seat.parse().unwrap()).collect();
            prop_assert_eq!(&there, &after);
            prop_assert_eq!(change.limits.get("Stalls").copied(), (!after.is_empty()).then_some(is));
        }
    }
}

#[test]
fn seats_that_become_places_and_another_maximum_in_all_are_told() {
    let seats = BTreeSet::from([1, 2]);
    let mut to = plan(&BTreeSet::new(), None, 2);
    to.areas[0].name = "Stalls".to_owned();
    let from = plan(&seats, None, 0);
    let change = between(&from, &to);
    assert_eq!(
        (change.areas.as_slice(), change.seats.len(), change.limits["Stalls"]),
        (["Stalls".to_owned()].as_slice(), 0, 2)
    );
    assert_eq!((between(&to, &from).areas.len(), between(&to, &from).seats.len()), (0, 2));
    let lawful = Plan { maximum: Some(1), ..from.clone() };
    assert_eq!((between(&from, &lawful).affected.len(), between(&from, &lawful).total), (1, 1));
}
