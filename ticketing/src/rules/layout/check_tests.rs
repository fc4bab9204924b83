use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// A hall of two sections and a floor that is either stood on or seated.
fn hall() -> Value {
    let seat = |label: &str, x: i32, y: i32| json!({ "label": label, "x": x, "y": y });
    let outline = json!([{ "x": 0, "y": 0 }, { "x": 900, "y": 0 }, { "x": 900, "y": 500 }]);
    json!({
        "sections": [
            { "name": "Stalls", "rows": [
                { "label": "A", "seats": [seat("1", 0, 1000), seat("2", 50, 1000)] },
                { "label": "B", "seats": [seat("1", 0, 1100), seat("2", 50, 1100)] }] },
            { "name": "Chairs", "rows": [{ "label": "A", "seats": [seat("1", 0, 100), seat("2", 50, 100)] }] }],
        "areas": [{ "name": "Floor", "capacity": 500, "maximum": 400, "outline": outline }],
        "alternatives": [{ "name": "floor", "options": [
            { "name": "standing", "contains": ["Floor"] }, { "name": "seated", "contains": ["Chairs"] }] }],
    })
}

fn plan(value: Value) -> Plan {
    serde_json::from_value(value).unwrap()
}

/// The hall with one thing changed: how it is refused, and where.
#[track_caller]
fn slip(pointer: &str, value: Value) -> (Code, String) {
    let mut hall = hall();
    *hall.pointer_mut(pointer).unwrap() = value;
    let refusal = plan(hall).check("/plan").unwrap_err();
    (refusal.code, refusal.errors[0].pointer.clone())
}

#[test]
fn a_hall_that_is_sound_is_taken_and_reads_back_as_it_was() {
    let plan = plan(hall());
    plan.check("/plan").unwrap();
    assert_eq!((plan.seats(), plan.places()), (6, 500));
    let text = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
}

#[test]
fn the_plan_in_the_documentation_is_sound() {
    let written = include_str!("../../../../docs/layouts.md");
    let (_, json) = written.split_once("```json\n").unwrap();
    let (json, _) = json.split_once("```").unwrap();
    let plan: Plan = serde_json::from_str(json).unwrap();
    plan.check("").unwrap();
    assert_eq!((plan.seats(), plan.places(), plan.alternatives.len()), (3, 600, 1));
}

#[test]
fn each_slip_of_a_plan_has_its_code_and_its_place() {
    let far = i64::from(FAR) + 1;
    for (pointer, value, code, at) in [
        ("/sections/0/name", json!(" "), Code::InvalidField, "/plan/sections/0/name"),
        ("/sections/0/name", json!("Floor"), Code::InvalidField, "/plan/areas/0/name"),
        ("/sections/0/rows", json!([]), Code::InvalidField, "/plan/sections/0/rows"),
        ("/sections/0/rows/1/label", json!("A"), Code::InvalidField, "/plan/sections/0/rows/1/label"),
        ("/sections/0/rows/1/seats", json!([]), Code::InvalidField, "/plan/sections/0/rows/1/seats"),
        ("/sections/0/rows/1/seats/1/x", json!(far), Code::InvalidField, "/plan/sections/0/rows/1/seats/1"),
        ("/sections/0/rows/1/seats/1/label", json!("\n"), Code::InvalidField, "/plan/sections/0/rows/1/seats/1/label"),
        ("/sections/0/rows/1/seats/1/label", json!("1"), Code::SeatTwice, "/plan/sections/0/rows/1/seats/1/label"),
        ("/sections/0/rows/1/seats/1/x", json!(0), Code::InvalidField, "/plan/sections/0/rows/1/seats/1"),
        ("/areas/0/capacity", json!(0), Code::InvalidField, "/plan/areas/0/capacity"),
        ("/areas/0/maximum", json!(0), Code::InvalidField, "/plan/areas/0/maximum"),
        ("/areas/0/outline", json!([]), Code::InvalidField, "/plan/areas/0/outline"),
        ("/alternatives/0/options", json!([]), Code::InvalidField, "/plan/alternatives/0/options"),
        (
            "/alternatives/0/options/1/name",
            json!("standing"),
            Code::InvalidField,
            "/plan/alternatives/0/options/1/name",
        ),
        (
            "/alternatives/0/options/1/contains/0",
            json!("Pit"),
            Code::InvalidField,
            "/plan/alternatives/0/options/1/contains/0",
        ),
        (
            "/alternatives/0/options/1/contains/0",
            json!("Floor"),
            Code::AlternativesOverlap,
            "/plan/alternatives/0/options/1/contains/0",
        ),
    ] {
        assert_eq!(slip(pointer, value.clone()), (code, at.to_owned()), "{pointer} = {value}");
    }
    let nothing = Plan::default().check("").unwrap_err();
    assert_eq!(nothing.errors[0].pointer, "/sections");
}

#[test]
fn seats_that_exclude_each_other_may_stand_on_the_same_spot() {
    let mut both = hall();
    let chairs = both["sections"][1].clone();
    both["sections"].as_array_mut().unwrap().push(chairs);
    both["sections"][2]["name"] = json!("Benches");
    let overlapping = plan(both.clone()).check("").unwrap_err();
    assert_eq!(overlapping.errors[0].pointer, "/sections/2/rows/0/seats/0", "{overlapping:?}");
    both["alternatives"][0]["options"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "name": "benches", "contains": ["Benches"] }));
    plan(both).check("").unwrap();
}

#[test]
fn every_spot_wants_one_of_its_ways_and_no_other() {
    let plan = plan(hall());
    let choose = |pairs: &[(&str, &str)]| -> super::super::chosen::Choices {
        pairs.iter().map(|(spot, way)| ((*spot).to_owned(), (*way).to_owned())).collect()
    };
    let there =
        |choices| -> Vec<String> { plan.chosen(&choices).parts().iter().map(|part| part.name().to_owned()).collect() };
    let standing = choose(&[("floor", "standing")]);
    plan.check_choices("/c", &standing).unwrap();
    assert_eq!(there(standing), ["Stalls", "Floor"]);
    assert_eq!(there(choose(&[("floor", "seated")])), ["Stalls", "Chairs"]);
    for (choices, at) in [
        (choose(&[]), "/c/floor"),
        (choose(&[("floor", "swimming")]), "/c/floor"),
        (choose(&[("floor", "seated"), ("roof", "open")]), "/c"),
    ] {
        let refusal = plan.check_choices("/c", &choices).unwrap_err();
        assert_eq!(refusal.errors[0].pointer, at, "{choices:?}");
    }
}

#[test]
fn the_law_allows_fewer_than_there_is_room_for() {
    let mut of_law = plan(hall());
    let standing = [("floor".to_owned(), "standing".to_owned())].into();
    assert_eq!(of_law.chosen(&standing).limit(), 4 + 400);
    of_law.maximum = Some(300);
    of_law.sections[0].maximum = Some(3);
    assert_eq!(of_law.chosen(&standing).limit(), 300);
    assert_eq!(of_law.chosen(&standing).part("Stalls").unwrap().limit(), 3);
    assert_eq!(of_law.chosen(&standing).part("Chairs"), None);
}

/// A part of a spot's way, by number.
fn assigned() -> impl Strategy<Value = Vec<(usize, usize)>> {
    proptest::collection::vec((0..3_usize, 0..4_usize), 1..12)
}

proptest! {
    /// However sections are spread over the ways of three spots, a section is there exactly when its way is chosen; and a
    /// section put into two ways is always refused.
    #[test]
    fn what_is_there_is_what_was_chosen(spread in assigned(), chosen in proptest::array::uniform3(0..3_usize), again in (0..3_usize, 0..3_usize)) {
        let section = |n: usize| json!({ "name": format!("S{n}"), "rows": [
            { "label": "A", "seats": [{ "label": "1", "x": n * 100, "y": 0 }] }] });
        // The fourth way stands for: always there.
        let contains = |spot: usize, way: usize| -> Vec<String> {
            (0..spread.len()).filter(|n| spread[*n] == (spot, way)).map(|n| format!("S{n}")).collect()
        };
        let spot = |s: usize| json!({ "name": format!("spot {s}"), "options":
            (0..3).map(|w| json!({ "name": format!("way {w}"), "contains": contains(s, w) })).collect::<Vec<_>>() });
        let mut value = json!({ "sections": (0..spread.len()).map(section).collect::<Vec<_>>(),
                                "alternatives": (0..3).map(spot).collect::<Vec<_>>() });
        let plan: Plan = serde_json::from_value(value.clone()).unwrap();
        plan.check("").unwrap();
        let choices = (0..3).map(|s| (format!("spot {s}"), format!("way {}", chosen[s]))).collect();
        plan.check_choices("", &choices).unwrap();
        let there: Vec<&str> = plan.chosen(&choices).parts().iter().map(|part| part.name()).collect();
        for (n, (spot, way)) in spread.iter().enumerate() {
            let expected = *way == 3 || chosen[*spot] == *way;
            prop_assert_eq!(there.contains(&format!("S{n}").as_str()), expected);
        }
        if spread[0].1 < 3 {
            let ways = value["alternatives"][again.0]["options"][again.1]["contains"].as_array_mut().unwrap();
            ways.push(json!("S0"));
            let twice: Plan = serde_json::from_value(value).unwrap();
            prop_assert_eq!(twice.check("").unwrap_err().code, Code::AlternativesOverlap);
        }
    }
}
