//! Sections and areas as shapes with names, coloured by how much of them is left.

use std::fmt::Write as _;

use super::{
    Left, Occupancy, grouped,
    paper::{Paper, outline, words},
    put, said,
};
use crate::rules::layout::plan::{Part, Point, Seat, Stage};

/// Below one in so many a section has few left.
const FEW: usize = 5;

/// Its class in the picture.
fn class(left: Left) -> &'static str {
    match left {
        Left { total: 0, .. } => "off",
        Left { available: 0, .. } => "none",
        Left { available, total } if available * FEW < total => "few",
        _ => "many",
    }
}

/// What everyone looks at.
pub(super) fn stage(paper: &mut Paper, stage: &Stage) {
    let font = fitting(&stage.label, room(&stage.outline), paper.font);
    put!(paper, "<polygon class=\"stage\" points=\"");
    paper.points(&stage.outline);
    let Point { x, y } = middle(&stage.outline);
    put!(paper, "\"/><text class=\"onstage\" x=\"{x}\" y=\"{y}\" font-size=\"{font}\">{}</text>", words(&stage.label));
}

/// The height of a text that is to fit into so much room, at most this.
fn fitting(text: &str, room: i64, most: i64) -> i64 {
    let letters = i64::try_from(text.chars().count().max(1)).unwrap_or(i64::MAX);
    // A letter is some three fifths as wide as it is high.
    (room * 5 / 3 / letters).clamp(most * 3 / 5, most)
}

/// Every part as a shape that leads to its seats, and over all of them their names.
pub(super) fn shapes(paper: &mut Paper, parts: &[Part<'_>], occupancy: &Occupancy<'_>) {
    for part in parts {
        let left = occupancy.left(part.name());
        let query: String = url::form_urlencoded::byte_serialize(part.name().as_bytes()).collect();
        put!(paper, "<a href=\"?section={}\" class=\"{}\">", words(&query), class(left));
        put!(paper, "<title>{}: {}</title>", words(part.name()), said(left));
        shape(paper, *part);
        put!(paper, "</a>");
    }
    for part in parts {
        name(paper, *part, occupancy.left(part.name()));
    }
}

/// The shape of a part. One that is drawn along its seats is as much wider as half a seat.
pub(super) fn shape(paper: &mut Paper, part: Part<'_>) {
    let corners = outline(part);
    let given = match part {
        Part::Area(_) => true,
        Part::Section(section) => !section.outline.is_empty(),
    };
    let pitch = paper.pitch;
    if !given {
        put!(paper, "<polygon class=\"gap\" stroke-width=\"{}\" points=\"", pitch * 8 / 5);
        paper.points(&corners);
        put!(paper, "\"/>");
    }
    put!(
        paper,
        "<polygon class=\"shape\" stroke-width=\"{}\" points=\"",
        if given { pitch / 5 } else { pitch * 6 / 5 }
    );
    paper.points(&corners);
    put!(paper, "\"/>");
}

/// The name of a part where it is seen best, and below it how many are left: the number alone, which fits between neighbours.
pub(super) fn name(paper: &mut Paper, part: Part<'_>, left: Left) {
    let at = place(part);
    let room = room(&outline(part));
    let font = fitting(part.name(), room, paper.font);
    let (above, below) = (i64::from(at.y) - font / 2, i64::from(at.y) + font / 2);
    put!(
        paper,
        "<g class=\"label\"><text x=\"{}\" y=\"{above}\" font-size=\"{font}\">{}</text>",
        at.x,
        words(part.name())
    );
    let number = if left.total == 0 { "–".to_owned() } else { grouped(left.available) };
    let small = fitting(&number, room, paper.font * 3 / 4);
    put!(paper, "<text x=\"{}\" y=\"{below}\" font-size=\"{small}\">{number}</text></g>", at.x);
}

/// How wide it is between these corners.
fn room(corners: &[Point]) -> i64 {
    let across = || corners.iter().map(|corner| i64::from(corner.x));
    across().max().unwrap_or_default() - across().min().unwrap_or_default()
}

/// Where a part's name goes. A section may be bent around its middle: its middle seat is always inside.
fn place(part: Part<'_>) -> Point {
    match part {
        Part::Area(area) => middle(&area.outline),
        Part::Section(section) => section
            .rows
            .get(section.rows.len() / 2)
            .and_then(|row| row.seats.get(row.seats.len() / 2))
            .map_or_else(|| middle(&outline(part)), Seat::at),
    }
}

fn middle(corners: &[Point]) -> Point {
    let count = i64::try_from(corners.len().max(1)).unwrap_or(1);
    let mean = |of: fn(&Point) -> i32| {
        let sum: i64 = corners.iter().map(|corner| i64::from(of(corner))).sum();
        i32::try_from(sum / count).unwrap_or_default()
    };
    Point { x: mean(|corner| corner.x), y: mean(|corner| corner.y) }
}

/// What the colours mean.
pub(super) fn legend(paper: &mut Paper, about: &str) {
    let entries = [("many", "available"), ("few", "few left"), ("none", "none left"), ("off", "not on sale")];
    rows(paper, about, entries.into_iter().map(|(class, word)| (format!("{class} swatch"), word.to_owned())));
}

/// The legend: what is left in all, and an entry for each class.
pub(super) fn rows(paper: &mut Paper, about: &str, entries: impl Iterator<Item = (String, String)>) {
    let (font, middle, mut y) = (paper.font, paper.middle(), paper.foot);
    put!(paper, "<text x=\"{middle}\" y=\"{y}\">{}</text>", words(about));
    y += font * 2;
    let mut x = paper.start();
    for (class, word) in entries {
        let letters = i64::try_from(word.chars().count()).unwrap_or_default();
        let wide = font * 2 + letters * font * 3 / 5;
        if x + wide > paper.right() {
            x = paper.start();
            y += font * 3 / 2;
        }
        // A ring is part of its dot, however small that is beside a seat.
        put!(
            paper,
            "<g class=\"{class}\"><circle class=\"shape\" cx=\"{}\" cy=\"{y}\" r=\"{}\" style=\"stroke-width:{}\"/></g>",
            x + font / 2,
            font * 2 / 5,
            (font / 6).max(1)
        );
        put!(paper, "<text class=\"key\" x=\"{}\" y=\"{y}\">{}</text>", x + font * 5 / 4, words(&word));
        x += wide;
    }
    paper.reach(y);
}
