use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::rules::layout::{Plan, chosen::Choices};

fn plan(value: serde_json::Value) -> Plan {
    let plan: Plan = serde_json::from_value(value).unwrap();
    plan.check("").unwrap();
    plan
}

fn choices(pairs: &[(&str, &str)]) -> Choices {
    pairs.iter().map(|(spot, way)| ((*spot).to_owned(), (*way).to_owned())).collect()
}

/// Every second seat is free.
fn half_sold<'a>(chosen: &Chosen<'a>) -> Occupancy<'a> {
    let mut occupancy = Occupancy::default();
    for part in chosen.parts() {
        let Part::Section(section) = *part else {
            occupancy.left.insert(part.name(), Left { total: part.room() as usize, available: 0 });
            continue;
        };
        let left = occupancy.left.entry(&section.name).or_default();
        for row in &section.rows {
            for seat in &row.seats {
                let free = left.total % 2 == 0;
                left.total += 1;
                left.available += usize::from(free);
                let state = if free { SeatState::Available } else { SeatState::Sold };
                occupancy.seats.insert((&section.name, &row.label, &seat.label), state);
            }
        }
    }
    occupancy
}

/// What a browser would say of it: every element is closed, and nothing stands where it may not.
#[track_caller]
fn well_formed(svg: &str) -> usize {
    let mut open: Vec<&str> = Vec::new();
    let mut elements = 0;
    for part in svg.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap();
        assert!(!text.contains('>'), "{text}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else {
            elements += 1;
            if !tag.ends_with('/') {
                open.push(tag.split(' ').next().unwrap());
            }
        }
    }
    assert!(open.is_empty(), "{open:?}");
    elements
}

#[test]
fn the_theatre_and_the_arena_are_sound_and_of_their_size() {
    let theatre = plan(testkit::shapes::theatre());
    assert!((1_800..2_600).contains(&theatre.seats()), "{}", theatre.seats());
    let arena = plan(testkit::shapes::arena());
    let standing = choices(&[("floor", "standing")]);
    let chosen = arena.chosen(&standing);
    let room: u64 = chosen.parts().iter().map(|part| u64::from(part.room())).sum();
    assert!((20_000..30_000).contains(&room), "{room}");
    assert_eq!(chosen.part("Floor").unwrap().limit(), 5_000);
    assert!(chosen.part("Chairs").is_none() && chosen.part("Courtside").is_none());
}

#[test]
fn sections_come_first_with_their_names_and_what_is_left() {
    let arena = plan(testkit::shapes::arena());
    let standing = choices(&[("floor", "standing")]);
    let chosen = arena.chosen(&standing);
    let occupancy = half_sold(&chosen);
    let svg = draw(&chosen, Focus::Sections, &occupancy).unwrap();
    let elements = well_formed(&svg);
    assert!(elements < 500 && svg.len() < 100_000, "{elements} elements, {} bytes", svg.len());
    for part in chosen.parts() {
        let title = format!("<title>{}: {}</title>", part.name(), said(occupancy.left(part.name())));
        assert!(svg.contains(&title), "{title}");
    }
    assert!(svg.contains("href=\"?section=101\"") && svg.contains("<title>Floor: none left</title>"));
    assert!(!svg.contains("Chairs"));
}

#[test]
fn twenty_thousand_seats_are_few_elements_and_all_there() {
    let arena = plan(testkit::shapes::arena());
    let seated = choices(&[("floor", "seated")]);
    let chosen = arena.chosen(&seated);
    let svg = draw(&chosen, Focus::Seats, &half_sold(&chosen)).unwrap();
    let elements = well_formed(&svg);
    assert!(elements < 600 && svg.len() < 600_000, "{elements} elements, {} bytes", svg.len());
    let seats = chosen.seats().len();
    assert_eq!(svg.matches("h0").count(), seats);
    assert!(svg.contains("class=\"dot available\"") && svg.contains("class=\"dot sold\""));
}

/// Forty blocks of 25 rows of 20 seats.
#[test]
fn a_map_of_exactly_twenty_thousand_places_is_half_a_megabyte_and_has_them_all() {
    let seat = |block: u32, row: u32, n: u32| {
        let (x, y) = (block % 8 * 1_200 + n * 50, block / 8 * 2_500 + row * 90);
        json!({ "label": n.to_string(), "x": x, "y": y })
    };
    let row = |block: u32, row: u32| {
        let seats: Vec<_> = (1..=20).map(|n| seat(block, row, n)).collect();
        json!({ "label": format!("{row}"), "seats": seats })
    };
    let block = |block: u32| {
        let rows: Vec<_> = (1..=25).map(|no| row(block, no)).collect();
        json!({ "name": format!("Block {block}"), "rows": rows })
    };
    let hall = plan(json!({ "sections": (1..=40).map(block).collect::<Vec<_>>() }));
    let none = BTreeMap::new();
    let chosen = hall.chosen(&none);
    assert_eq!(chosen.seats().len(), 20_000);
    let svg = draw(&chosen, Focus::Seats, &half_sold(&chosen)).unwrap();
    let elements = well_formed(&svg);
    assert_eq!(svg.matches("h0").count(), 20_000);
    assert!(elements < 600 && svg.len() < 500_000, "{elements} elements, {} bytes", svg.len());
    let sections = draw(&chosen, Focus::Sections, &half_sold(&chosen)).unwrap();
    assert!(sections.len() < 100_000, "{} bytes", sections.len());
}

#[test]
fn a_section_by_itself_names_each_of_its_seats_and_no_others() {
    let theatre = plan(testkit::shapes::theatre());
    let none = BTreeMap::new();
    let chosen = theatre.chosen(&none);
    let svg = draw(&chosen, Focus::Section("Stalls"), &half_sold(&chosen)).unwrap();
    well_formed(&svg);
    assert!(svg.contains("<title>Row A, seat 1: available</title>"), "{svg}");
    assert!(svg.contains("<title>Row R, seat 1: available, wheelchair place</title>"));
    let Some(Part::Section(stalls)) = chosen.part("Stalls") else { panic!("there are stalls") };
    assert_eq!(svg.matches("<title>Row ").count(), stalls.seats());
    let missing = draw(&chosen, Focus::Section("Pit"), &Occupancy::default()).unwrap_err();
    assert_eq!(missing.code, foundation::Code::NotFound);
}

#[test]
fn the_sheet_reaches_below_the_last_line_of_its_legend_however_narrow_it_is() {
    let row = |n: u32| json!({ "label": n.to_string(), "seats": [{ "label": "1", "x": 0, "y": n * 90 }] });
    let aisle = plan(json!({ "sections": [{ "name": "Aisle", "rows": (0..40).map(row).collect::<Vec<_>>() }] }));
    let none = BTreeMap::new();
    let chosen = aisle.chosen(&none);
    for focus in [Focus::Sections, Focus::Seats, Focus::Section("Aisle")] {
        let svg = draw(&chosen, focus, &half_sold(&chosen)).unwrap();
        well_formed(&svg);
        let number = |text: &str| text.split('"').next().unwrap().parse::<i64>().unwrap();
        let sheet = svg.split_once("viewBox=\"").unwrap().1.split('"').next().unwrap();
        let sheet: Vec<i64> = sheet.split(' ').map(number).collect();
        let lowest = svg.split(" y=\"").skip(1).map(number).max().unwrap();
        assert!(lowest < sheet[1] + sheet[3], "{lowest} on {sheet:?}");
    }
}

#[test]
fn a_name_cannot_become_markup() {
    let seat = json!({ "label": "<b>", "x": 0, "y": 0 });
    let evil = "\"><script>alert(1)</script>&\u{ffff}";
    let plan = plan(
        json!({ "stage": { "label": evil, "outline": [{ "x": 0, "y": 0 }, { "x": 9, "y": 0 }, { "x": 9, "y": 9 }] },
        "sections": [{ "name": evil, "rows": [{ "label": evil, "seats": [seat] }] }] }),
    );
    let none = BTreeMap::new();
    let chosen = plan.chosen(&none);
    for focus in [Focus::Sections, Focus::Seats, Focus::Section(evil)] {
        let svg = draw(&chosen, focus, &Occupancy::default()).unwrap();
        well_formed(&svg);
        assert!(!svg.contains("<script") && !svg.contains('\u{ffff}'), "{svg}");
    }
}
