//! Two rooms with the shapes that real ones have, as layouts' plans in JSON: an opera house with boxes and circles in a horseshoe,
//! and an arena whose floor is a court, is seated or is stood on. The geometry is worked out here; no room is copied.
#![expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positions on a drawing, in centimetres"
)]

use std::f64::consts::PI;

use serde_json::{Value, json};

/// How far seats stand from each other in a row, and rows from each other.
const SEAT: f64 = 54.0;
const ROW: f64 = 92.0;
/// How finely a curve is followed.
const STEPS: usize = 720;

type Curve<'a> = &'a dyn Fn(f64) -> (f64, f64);

fn point((x, y): (f64, f64)) -> Value {
    json!({ "x": x.round() as i64, "y": y.round() as i64 })
}

fn rectangle(left: f64, top: f64, right: f64, bottom: f64) -> Value {
    json!([point((left, top)), point((right, top)), point((right, bottom)), point((left, bottom))])
}

/// Points at equal distances along a curve (from 0 to 1), as many as seats fit.
fn along(curve: Curve<'_>) -> Vec<(f64, f64)> {
    let samples: Vec<(f64, f64)> = (0..=STEPS).map(|i| curve(i as f64 / STEPS as f64)).collect();
    let mut lengths = vec![0.0];
    for pair in samples.windows(2) {
        let (dx, dy) = (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
        lengths.push(lengths[lengths.len() - 1] + dx.hypot(dy));
    }
    let total = lengths[STEPS];
    let count = (total / SEAT).floor() as usize;
    let mut i = 0;
    (0..count)
        .map(|n| {
            let at = (n as f64 + 0.5) * total / count as f64;
            while i + 1 < STEPS && lengths[i + 1] < at {
                i += 1;
            }
            let part = (at - lengths[i]) / (lengths[i + 1] - lengths[i]);
            let ((x0, y0), (x1, y1)) = (samples[i], samples[i + 1]);
            (x0 + (x1 - x0) * part, y0 + (y1 - y0) * part)
        })
        .collect()
}

/// A row of seats numbered from 1; `particular` says what is particular about one.
fn row(label: &str, at: &[(f64, f64)], particular: impl Fn(usize, (f64, f64)) -> Option<&'static str>) -> Value {
    let seat = |(n, at): (usize, &(f64, f64))| {
        let mut seat = point(*at);
        seat["label"] = json!((n + 1).to_string());
        if let Some(attribute) = particular(n, *at) {
            seat["attributes"] = json!([attribute]);
        }
        seat
    };
    json!({ "label": label, "seats": at.iter().enumerate().map(seat).collect::<Vec<_>>() })
}

fn letter(n: usize) -> String {
    char::from(b'A' + u8::try_from(n % 26).unwrap_or(0)).to_string()
}

/// An opera house: stalls in arcs, boxes at the sides, two circles in a horseshoe around them, and a gallery at the back.
#[must_use]
pub fn theatre() -> Value {
    let stage = json!({ "label": "Stage", "outline": [
        point((-850.0, -900.0)), point((850.0, -900.0)), point((1000.0, 0.0)), point((600.0, 140.0)), point((-600.0, 140.0)), point((-1000.0, 0.0))] });
    let sections = vec![
        json!({ "name": "Stalls", "rows": stalls() }),
        json!({ "name": "Boxes left", "rows": boxes(-1.0) }),
        json!({ "name": "Boxes right", "rows": boxes(1.0) }),
        json!({ "name": "Circle", "rows": horseshoe(1780.0, 3) }),
        json!({ "name": "Upper circle", "rows": horseshoe(2400.0, 3) }),
        json!({ "name": "Gallery", "rows": gallery() }),
    ];
    json!({ "stage": stage, "focal_point": point((0.0, 0.0)), "sections": sections })
}

fn stalls() -> Vec<Value> {
    let arc = |n: usize| {
        let radius = 2_000.0 + n as f64 * ROW;
        let widest = (1_230.0 / radius).asin();
        along(&|t| {
            let angle = -widest + 2.0 * widest * t;
            (radius * angle.sin(), radius * angle.cos() - 1_600.0)
        })
    };
    let places = |n: usize| {
        let at = arc(n);
        let last = at.len() - 1;
        row(&letter(n), &at, |seat, _| match (n, seat) {
            (17, 0) => Some("wheelchair"),
            (17, 1) => Some("companion"),
            (17, seat) if seat == last => Some("wheelchair"),
            (17, seat) if seat + 1 == last => Some("companion"),
            _ => None,
        })
    };
    (0..18).map(places).collect()
}

fn boxes(side: f64) -> Vec<Value> {
    let one = |n: usize| {
        let y = 420.0 + n as f64 * 150.0;
        let at = [(1_420.0, y), (1_420.0, y + 54.0), (1_480.0, y), (1_480.0, y + 54.0)].map(|(x, y)| (side * x, y));
        row(&format!("Box {}", n + 1), &at, |_, (_, y)| (y < 600.0).then_some("restricted_view"))
    };
    (0..9).map(one).collect()
}

/// Down one side, round the back, up the other side.
fn horseshoe(inner: f64, rows: usize) -> Vec<Value> {
    let places = |n: usize| {
        let half = inner + n as f64 * ROW;
        let (top, bend) = (300.0, 1_750.0);
        let (side, round) = (bend - top, PI * half);
        let whole = 2.0 * side + round;
        let at = along(&|t| {
            let way = t * whole;
            if way < side {
                (-half, top + way)
            } else if way < side + round {
                let angle = PI * (way - side) / round;
                (-half * angle.cos(), bend + half * angle.sin())
            } else {
                (half, bend - (way - side - round))
            }
        });
        row(&letter(n), &at, |_, (_, y)| (y < 620.0).then_some("restricted_view"))
    };
    (0..rows).map(places).collect()
}

fn gallery() -> Vec<Value> {
    let places = |n: usize| {
        let radius = 3_050.0 + n as f64 * ROW;
        let at = along(&|t| {
            let angle = -0.75 + 1.5 * t;
            (radius * angle.sin(), 1_750.0 + radius * angle.cos())
        });
        row(&letter(n), &at, |_, _| None)
    };
    (0..4).map(places).collect()
}

/// An arena: a floor that is a court, is seated, or is stood on behind a pit; around it a lower and an upper ring of sections.
/// The law allows fewer on the floor than fit.
#[must_use]
pub fn arena() -> Value {
    let mut sections = ring(1, 2_350.0, 1_550.0, 18);
    sections.extend(ring(2, 4_350.0, 3_550.0, 20));
    let chairs = |n: usize| {
        let y = -700.0 + n as f64 * ROW;
        let at: Vec<(f64, f64)> = (0..50).map(|seat| (-900.0 + f64::from(seat) * SEAT, y)).collect();
        row(&(n + 1).to_string(), &at, |_, _| None)
    };
    sections.push(json!({ "name": "Chairs", "rows": (0..16).map(chairs).collect::<Vec<_>>() }));
    let sides: Vec<Value> = [-860.0, 860.0]
        .into_iter()
        .zip(["North", "South"])
        .map(|(y, label)| {
            let at: Vec<(f64, f64)> = (0..40).map(|seat| (-1_060.0 + f64::from(seat) * SEAT, y)).collect();
            row(label, &at, |_, _| None)
        })
        .collect();
    sections
        .push(json!({ "name": "Courtside", "outline": rectangle(-1_120.0, -920.0, 1_120.0, 920.0), "rows": sides }));
    json!({
        "stage": { "label": "Stage", "outline": rectangle(-1_950.0, -600.0, -1_350.0, 600.0) },
        "focal_point": point((-1_350.0, 0.0)),
        "maximum": 22_000,
        "sections": sections,
        "areas": [
            { "name": "Pit", "capacity": 1_200, "maximum": 1_000, "outline": rectangle(-1_300.0, -900.0, -650.0, 900.0) },
            { "name": "Floor", "capacity": 6_000, "maximum": 5_000, "outline": rectangle(-550.0, -1_000.0, 1_900.0, 1_000.0) }],
        "alternatives": [{ "name": "floor", "options": [
            { "name": "standing", "contains": ["Pit", "Floor"] },
            { "name": "seated", "contains": ["Chairs"] },
            { "name": "court", "contains": ["Courtside"] }] }],
    })
}

/// Twenty-four sections around an oval, with aisles between them.
fn ring(number: usize, half_width: f64, half_height: f64, rows: usize) -> Vec<Value> {
    const AROUND: usize = 24;
    let section = |s: usize| {
        let places = |n: usize| {
            let (a, b) = (half_width + n as f64 * ROW, half_height + n as f64 * ROW);
            let aisle = 70.0 / a;
            let wide = 2.0 * PI / AROUND as f64;
            let (from, to) = (s as f64 * wide + aisle, (s + 1) as f64 * wide - aisle);
            let at = along(&|t| {
                let angle = from + (to - from) * t;
                (a * angle.cos(), b * angle.sin())
            });
            row(&letter(n), &at, |_, _| None)
        };
        json!({ "name": format!("{number}{:02}", s + 1), "rows": (0..rows).map(places).collect::<Vec<_>>() })
    };
    (0..AROUND).map(section).collect()
}
