//! Draws a performance's places as SVG: sections first, with their names and how much of them is left, then seats. One picture
//! of twenty thousand seats stays small, because seats in the same state are one path. Pure: it is given what is available.
//!
//! It must never be given who has a ticket.

mod paper;
mod seats;
mod sections;

use std::collections::HashMap;

use foundation::Refusal;

use self::paper::Paper;
use super::layout::{chosen::Chosen, plan::Part};

/// What the picture is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus<'a> {
    /// Every section, without its seats.
    Sections,
    /// Every seat.
    Seats,
    /// The seats of this section, each with its name.
    Section(&'a str),
}

/// How it is with a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SeatState {
    /// It can be held now.
    Available,
    /// Somebody may still buy it.
    Held,
    /// Somebody has bought it.
    Sold,
    /// Kept off sale.
    Blocked,
    /// Free, but for who is on the waitlist.
    Waitlist,
    /// It cannot be had: that is all that the public is told.
    Unavailable,
}

impl SeatState {
    const ALL: [Self; 6] = [Self::Available, Self::Held, Self::Sold, Self::Blocked, Self::Waitlist, Self::Unavailable];

    /// Reads the word back.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Its word, which is also its class in the picture.
    fn word(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Held => "held",
            Self::Sold => "sold",
            Self::Blocked => "blocked",
            Self::Waitlist => "waitlist",
            Self::Unavailable => "unavailable",
        }
    }
}

/// How many tickets a section or area has, and how many of them can be had.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Left {
    /// All tickets.
    pub total: usize,
    /// Those that can be held now.
    pub available: usize,
}

/// What is drawn into the plan.
#[derive(Debug, Clone, Default)]
pub struct Occupancy<'a> {
    /// By section or area.
    pub left: HashMap<&'a str, Left>,
    /// By section, row and seat; a seat that is not in here has no ticket. Not needed for [`Focus::Sections`].
    pub seats: HashMap<(&'a str, &'a str, &'a str), SeatState>,
}

impl Occupancy<'_> {
    fn left(&self, part: &str) -> Left {
        self.left.get(part).copied().unwrap_or_default()
    }

    fn seat(&self, section: &str, row: &str, seat: &str) -> SeatState {
        self.seats.get(&(section, row, seat)).copied().unwrap_or(SeatState::Unavailable)
    }
}

/// Draws what is there of a layout.
///
/// # Errors
/// `not_found` for a section that is not there.
pub fn draw(chosen: &Chosen<'_>, focus: Focus<'_>, occupancy: &Occupancy<'_>) -> Result<String, Refusal> {
    let parts: Vec<Part<'_>> = match focus {
        Focus::Section(name) => vec![chosen.part(name).ok_or_else(|| Refusal::missing("section"))?],
        _ => chosen.parts().to_vec(),
    };
    let stage = chosen.plan().stage.as_ref().filter(|_| !matches!(focus, Focus::Section(_)));
    let mut paper = Paper::around(&parts, stage);
    let (total, available) = parts
        .iter()
        .map(|part| occupancy.left(part.name()))
        .fold((0, 0), |(total, available), left| (total + left.total, available + left.available));
    let title = match focus {
        Focus::Section(name) => format!("Seat map of {name}"),
        _ => "Seat map".to_owned(),
    };
    let about = format!("{} of {} places are available.", grouped(available), grouped(total));
    if let Some(stage) = stage {
        sections::stage(&mut paper, stage);
    }
    match focus {
        Focus::Sections => {
            sections::shapes(&mut paper, &parts, occupancy);
            sections::legend(&mut paper, &about);
        }
        Focus::Seats => {
            seats::dots(&mut paper, &parts, occupancy);
            seats::legend(&mut paper, &parts, occupancy, &about);
        }
        Focus::Section(_) => {
            seats::named(&mut paper, &parts, occupancy);
            seats::legend(&mut paper, &parts, occupancy, &about);
        }
    }
    Ok(paper.finish(&title, &about))
}

/// A number as people read it: `12,345`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + 4);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What is said of a section or area, aloud and beside its name.
fn said(left: Left) -> String {
    match left {
        Left { total: 0, .. } => "not on sale".to_owned(),
        Left { available: 0, .. } => "none left".to_owned(),
        Left { available, total } => format!("{} of {} left", grouped(available), grouped(total)),
    }
}

/// Adds to the drawing; writing into a text cannot fail.
macro_rules! put {
    ($paper:expr, $($arg:tt)*) => { { let _ = write!($paper.svg, $($arg)*); } };
}
use put;

#[cfg(test)]
#[path = "seat_map/tests.rs"]
mod tests;
