//! Seats: as dots when all are shown, each with its name when one section is.

use std::{collections::HashMap, fmt::Write as _};

use super::{
    Occupancy, SeatState,
    paper::{Paper, words},
    put,
    sections::{name, rows, shape},
};
use crate::rules::layout::{
    SeatAttribute,
    plan::{Part, Row, Section},
};

/// All seats. Those of a section in the same state are one path, so that a browser has few things to draw.
pub(super) fn dots(paper: &mut Paper, parts: &[Part<'_>], occupancy: &Occupancy<'_>) {
    for part in parts {
        let left = occupancy.left(part.name());
        put!(paper, "<g class=\"ground\"><title>{}: {}</title>", words(part.name()), super::said(left));
        shape(paper, *part);
        if let Part::Section(section) = part {
            paths(paper, section, occupancy);
        }
        put!(paper, "</g>");
    }
    for part in parts.iter().filter(|part| matches!(part, Part::Area(_))) {
        name(paper, *part, occupancy.left(part.name()));
    }
}

fn paths(paper: &mut Paper, section: &Section, occupancy: &Occupancy<'_>) {
    let mut by_state: HashMap<SeatState, String> = HashMap::new();
    for row in &section.rows {
        for seat in &row.seats {
            let path = by_state.entry(occupancy.seat(&section.name, &row.label, &seat.label)).or_default();
            let _ = write!(path, "M{} {}h0", seat.x, seat.y);
        }
    }
    for state in SeatState::ALL {
        if let Some(path) = by_state.get(&state) {
            put!(paper, "<path class=\"dot {}\" stroke-width=\"{}\" d=\"{path}\"/>", state.word(), width(paper, state));
        }
    }
}

/// Seats that can be had are larger, so that the picture can be read without its colours.
fn width(paper: &Paper, state: SeatState) -> i64 {
    if state == SeatState::Available { paper.pitch * 17 / 20 } else { paper.pitch * 11 / 20 }
}

/// The seats of one section, each with its number and a title that says it all.
pub(super) fn named(paper: &mut Paper, parts: &[Part<'_>], occupancy: &Occupancy<'_>) {
    for part in parts {
        put!(paper, "<g class=\"ground\">");
        shape(paper, *part);
        put!(paper, "</g>");
        let Part::Section(section) = part else {
            name(paper, *part, occupancy.left(part.name()));
            continue;
        };
        for row in &section.rows {
            named_row(paper, section, row, occupancy);
        }
    }
}

fn named_row(paper: &mut Paper, section: &Section, row: &Row, occupancy: &Occupancy<'_>) {
    let font = paper.pitch * 2 / 5;
    for seat in &row.seats {
        let state = occupancy.seat(&section.name, &row.label, &seat.label);
        let mut title = format!("Row {}, seat {}: {}", row.label, seat.label, state.word());
        let mut class = format!("seat {}", state.word());
        for attribute in &seat.attributes {
            let _ = write!(title, ", {}", about(*attribute));
            let _ = write!(class, " {}", attribute.as_str());
        }
        let (x, y, radius) = (seat.x, seat.y, width(paper, state) / 2);
        put!(
            paper,
            "<g class=\"{class}\"><title>{}</title><circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>",
            words(&title)
        );
        if seat.label.chars().count() <= 3 {
            put!(paper, "<text x=\"{x}\" y=\"{y}\" font-size=\"{font}\">{}</text>", words(&seat.label));
        }
        put!(paper, "</g>");
    }
    // A row's name stands where the row would go on, before its first seat.
    if let [first, rest @ ..] = row.seats.as_slice() {
        let (dx, dy) = rest.first().map_or((0, paper.pitch), |next| {
            (i64::from(next.x) - i64::from(first.x), i64::from(next.y) - i64::from(first.y))
        });
        let (dx, dy) = (dx.clamp(-paper.pitch, paper.pitch), dy.clamp(-paper.pitch, paper.pitch));
        let (x, y) = (i64::from(first.x) - dx, i64::from(first.y) - dy);
        put!(paper, "<text class=\"row\" x=\"{x}\" y=\"{y}\" font-size=\"{font}\">{}</text>", words(&row.label));
    }
}

fn about(attribute: SeatAttribute) -> &'static str {
    match attribute {
        SeatAttribute::RestrictedView => "restricted view",
        SeatAttribute::Wheelchair => "wheelchair place",
        SeatAttribute::Companion => "companion's seat",
    }
}

/// What the colours and rings in this very picture mean.
pub(super) fn legend(paper: &mut Paper, parts: &[Part<'_>], occupancy: &Occupancy<'_>, text: &str) {
    let mut states = Vec::new();
    let mut attributes = Vec::new();
    for part in parts {
        let Part::Section(section) = part else { continue };
        for row in &section.rows {
            for seat in &row.seats {
                let state = occupancy.seat(&section.name, &row.label, &seat.label);
                if !states.contains(&state) {
                    states.push(state);
                }
                for attribute in &seat.attributes {
                    if !attributes.contains(attribute) {
                        attributes.push(*attribute);
                    }
                }
            }
        }
    }
    // Rings are drawn around named seats only.
    let rings = if parts.len() == 1 { attributes } else { Vec::new() };
    let dots = SeatState::ALL.into_iter().filter(|state| states.contains(state));
    let dots = dots.map(|state| (format!("seat {}", state.word()), state.word().to_owned()));
    let rings = SeatAttribute::ALL.into_iter().filter(|attribute| rings.contains(attribute));
    let rings = rings.map(|attribute| (format!("seat {}", attribute.as_str()), about(attribute).to_owned()));
    rows(paper, text, dots.chain(rings));
}
