use serde_json::json;

use super::*;
use crate::rules::layout::Plan;

/// Stalls of two rows of three seats, of which the law allows five; a floor for ten, of which it allows eight; ten in all.
fn hall() -> Plan {
    let row = |label: &str, y: i32| {
        let seat = |n: i32| json!({ "label": n.to_string(), "x": n * 50, "y": y });
        json!({ "label": label, "seats": (1..=3).map(seat).collect::<Vec<_>>() })
    };
    let corner = json!({ "x": 0, "y": 0 });
    serde_json::from_value(json!({
        "maximum": 12,
        "sections": [{ "name": "Stalls", "maximum": 5, "rows": [row("A", 0), row("B", 90)] }],
        "areas": [{ "name": "Floor", "capacity": 10, "maximum": 8, "outline": [corner, corner, corner] }],
    }))
    .unwrap()
}

fn of(section: &str, kind: NewTicketsKind) -> NewTickets {
    NewTickets { section: section.to_owned(), price_tier: "one".to_owned(), kind }
}

fn selected(rows: Option<&[&str]>, except: &[(&str, Option<&str>)]) -> NewTicketsKind {
    let owned = |text: &&str| (*text).to_owned();
    NewTicketsKind::OfLayout(Portion {
        rows: rows.map(|rows| rows.iter().map(owned).collect()),
        except: except.iter().map(|(row, seat)| ((*row).to_owned(), seat.as_ref().map(owned))).collect(),
    })
}

fn ask(new: &[NewTickets], there: &[(&str, u64)]) -> Result<Vec<usize>, (Code, String)> {
    let plan = hall();
    let none = std::collections::BTreeMap::new();
    let there = there.iter().map(|(section, count)| ((*section).to_owned(), *count)).collect();
    let found = tickets(&plan.chosen(&none), new, &there, "/tickets");
    found
        .map(|tickets| tickets.iter().map(NewTickets::count).collect())
        .map_err(|refusal| (refusal.code, refusal.errors[0].pointer.clone()))
}

#[test]
fn tickets_are_what_the_layout_has_as_far_as_it_was_asked_for() {
    let all_but_one = selected(None, &[("B", Some("3"))]);
    let made = {
        let plan = hall();
        let none = std::collections::BTreeMap::new();
        tickets(&plan.chosen(&none), &[of("Stalls", all_but_one)], &HashMap::new(), "").unwrap()
    };
    let NewTicketsKind::Seats(rows) = &made[0].kind else { panic!("{made:?}") };
    let labels = |seats: &[&str]| seats.iter().map(|seat| (*seat).to_owned()).collect::<Vec<_>>();
    assert_eq!(rows, &[("A".to_owned(), labels(&["1", "2", "3"])), ("B".to_owned(), labels(&["1", "2"]))]);
    let row = |label| of("Stalls", selected(Some(&[label]), &[]));
    assert_eq!(ask(&[row("A")], &[]), Ok(vec![3]));
    assert_eq!(
        ask(&[of("Stalls", selected(None, &[("A", None)])), of("Floor", selected(None, &[]))], &[]),
        Ok(vec![3, 8])
    );
    assert_eq!(ask(&[of("Floor", NewTicketsKind::Places(4))], &[("Floor", 4)]), Ok(vec![4]));
    assert_eq!(ask(&[of("Floor", selected(None, &[]))], &[("Floor", 5)]), Ok(vec![3]));
}

#[test]
fn never_more_than_the_law_allows_or_the_room_has() {
    let over = |at: &str| Err((Code::OverMaximum, at.to_owned()));
    assert_eq!(ask(&[of("Stalls", selected(None, &[]))], &[]), over("/tickets/0"));
    assert_eq!(ask(&[of("Stalls", selected(Some(&["A"]), &[]))], &[("Stalls", 3)]), over("/tickets/0"));
    let rows = [of("Stalls", selected(Some(&["A"]), &[])), of("Stalls", selected(Some(&["B"]), &[]))];
    assert_eq!(ask(&rows, &[]), over("/tickets/0"), "together they are six");
    assert_eq!(ask(&[of("Floor", NewTicketsKind::Places(9))], &[]), over("/tickets/0"));
    assert_eq!(ask(&[of("Floor", NewTicketsKind::Places(4))], &[("Floor", 5)]), over("/tickets/0"));
    assert_eq!(ask(&[of("Floor", NewTicketsKind::Places(8))], &[("Stalls", 5)]), over("/tickets"), "twelve in all");
}

#[test]
fn what_the_layout_does_not_have_is_named() {
    let slip = |new: NewTickets, at: &str| assert_eq!(ask(&[new], &[]), Err((Code::InvalidField, at.to_owned())));
    slip(of("Balcony", selected(None, &[])), "/tickets/0/section");
    slip(of("Stalls", selected(Some(&["A", "Z"]), &[])), "/tickets/0/only_rows/1");
    slip(of("Stalls", selected(None, &[("A", Some("9"))])), "/tickets/0/except/0");
    slip(of("Stalls", selected(Some(&[]), &[])), "/tickets/0");
    slip(of("Stalls", NewTicketsKind::Places(1)), "/tickets/0/places");
    slip(of("Floor", selected(Some(&["A"]), &[])), "/tickets/0");
}
