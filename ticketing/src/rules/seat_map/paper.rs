//! The sheet that is drawn on: its size, its style, and what is common to everything on it. All lengths are centimetres of
//! the room.

use std::fmt::Write as _;

use super::put;
use crate::rules::layout::plan::{Part, Point, Seat, Section, Stage};

const STYLE: &str = include_str!("style.css");
/// A seat's width where nothing tells: half a metre.
const SEAT: i64 = 50;
/// How many seats of a row an outline is drawn along at most.
const ALONG: usize = 48;

/// The sheet.
pub(super) struct Paper {
    pub(super) svg: String,
    left: i64,
    top: i64,
    width: i64,
    height: i64,
    /// The height of ordinary text.
    pub(super) font: i64,
    /// How far seats stand from each other.
    pub(super) pitch: i64,
    /// Where the legend begins; the sheet ends below it.
    pub(super) foot: i64,
}

impl Paper {
    /// A sheet with room for these parts, the stage, and a legend below.
    pub(super) fn around(parts: &[Part<'_>], stage: Option<&Stage>) -> Self {
        let corners = parts.iter().flat_map(|part| outline(*part));
        let stage = stage.into_iter().flat_map(|stage| stage.outline.iter().copied());
        let mut ends: Option<(i64, i64, i64, i64)> = None;
        for Point { x, y } in corners.chain(stage) {
            let (x, y) = (i64::from(x), i64::from(y));
            let (left, top, right, bottom) = ends.unwrap_or((x, y, x, y));
            ends = Some((left.min(x), top.min(y), right.max(x), bottom.max(y)));
        }
        let (left, top, right, bottom) = ends.unwrap_or_default();
        let pitch = pitch(parts);
        let (width, height) = ((right - left).max(pitch * 8), (bottom - top).max(pitch * 4));
        let font = width.max(height) / 38;
        let margin = (pitch * 2).max(font);
        // What is narrower than the least sheet stands in its middle.
        let left = (left + right - width) / 2 - margin;
        let (width, top) = (width + 2 * margin, (top + bottom - height) / 2 - margin);
        let foot = top + height + 2 * margin + font;
        Self { svg: String::new(), left, top, width, height: foot - top, font, pitch, foot }
    }

    /// Makes the sheet reach as far down as this, with a line's room below.
    pub(super) fn reach(&mut self, y: i64) {
        self.height = self.height.max(y + self.font * 2 - self.top);
    }

    /// The picture: the sheet, as large as it has become, and all that was drawn on it.
    pub(super) fn finish(self, title: &str, about: &str) -> String {
        let Self { left, top, width, height, font, svg: drawn, .. } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{left} {top} {width} {height}\" role=\"img\" aria-labelledby=\"title about\" font-size=\"{font}\">\
             <title id=\"title\">{}</title><desc id=\"about\">{}</desc><style>{STYLE}</style>\
             <rect class=\"paper\" x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\"/>{drawn}</svg>\n",
            words(title),
            words(about)
        )
    }

    pub(super) fn middle(&self) -> i64 {
        self.left + self.width / 2
    }

    pub(super) fn right(&self) -> i64 {
        self.left + self.width
    }

    pub(super) fn start(&self) -> i64 {
        self.left + self.font
    }

    pub(super) fn points(&mut self, corners: &[Point]) {
        for (i, Point { x, y }) in corners.iter().enumerate() {
            put!(self, "{}{x},{y}", if i == 0 { "" } else { " " });
        }
    }
}

/// The corners of a part: as they were given, or along the ends of a section's rows.
pub(super) fn outline(part: Part<'_>) -> Vec<Point> {
    match part {
        Part::Area(area) => area.outline.clone(),
        Part::Section(section) if !section.outline.is_empty() => section.outline.clone(),
        Part::Section(section) => around_rows(section),
    }
}

/// Along the first row, down the right ends, back along the last row, and up the left ends.
fn around_rows(section: &Section) -> Vec<Point> {
    let (Some(first), Some(last)) = (section.rows.first(), section.rows.last()) else { return Vec::new() };
    let along = |seats: &[Seat]| -> Vec<Point> {
        let step = seats.len().div_ceil(ALONG).max(1);
        let end = seats.last().map(Seat::at);
        let mut points: Vec<Point> = seats.iter().step_by(step).map(Seat::at).collect();
        points.extend(end.filter(|end| points.last() != Some(end)));
        points
    };
    let between = section.rows.get(1..section.rows.len().saturating_sub(1)).unwrap_or_default();
    let mut corners = along(&first.seats);
    corners.extend(between.iter().filter_map(|row| row.seats.last()).map(Seat::at));
    if section.rows.len() > 1 {
        corners.extend(along(&last.seats).into_iter().rev());
    }
    corners.extend(between.iter().rev().filter_map(|row| row.seats.first()).map(Seat::at));
    corners
}

/// How far seats stand from their neighbours: the middle one of all distances between the first two of a row.
fn pitch(parts: &[Part<'_>]) -> i64 {
    let mut distances = Vec::new();
    for part in parts {
        let Part::Section(section) = part else { continue };
        for row in &section.rows {
            if let [one, other, ..] = row.seats.as_slice() {
                let (dx, dy) = (i64::from(other.x) - i64::from(one.x), i64::from(other.y) - i64::from(one.y));
                distances.push((dx * dx + dy * dy).isqrt());
            }
        }
    }
    distances.sort_unstable();
    distances.get(distances.len() / 2).copied().unwrap_or(SEAT).clamp(20, 200)
}

/// A reseller's own words inside XML.
pub(super) fn words(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Not letters of XML, in any spelling.
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            control if control.is_control() => safe.push('\u{fffd}'),
            letter => safe.push(letter),
        }
    }
    safe
}
