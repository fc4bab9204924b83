//! What stands in a room: sections of rows of seats, general admission areas, and which of them exclude each other. Lengths
//! are whole centimetres, x to the right and y downwards as on a drawing; where the origin is does not matter.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::SeatAttribute;
use crate::rules::{order::Place, seating::SingleSeats};

/// The most seats of a plan.
pub const SEATS_MAX: usize = 100_000;
/// The most sections and areas of a plan.
pub const PARTS_MAX: usize = 1_000;
/// The most places of an area.
pub const CAPACITY_MAX: u32 = 1_000_000;
/// How far from the origin anything may stand, in centimetres.
pub const FAR: i32 = 1_000_000;
/// The most corners of an outline.
pub const CORNERS_MAX: usize = 500;

/// A version of a layout: all that is known of the room, as it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What everyone looks at, for the drawing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// Where the view is best; seats near it are offered first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub focal_point: Option<Point>,
    /// How many people the law allows in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<u32>,
    /// Seats, from the front to the back.
    #[serde(default)]
    pub sections: Vec<Section>,
    /// General admission.
    #[serde(default)]
    pub areas: Vec<Area>,
    /// What excludes each other.
    #[serde(default)]
    pub alternatives: Vec<Alternative>,
}

/// A point on the drawing, in centimetres.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Point {
    /// To the right.
    pub x: i32,
    /// Downwards.
    pub y: i32,
}

/// What everyone looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// What is written on it.
    pub label: String,
    /// Its corners.
    pub outline: Vec<Point>,
}

/// Seats with numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// What it is called, here and on tickets.
    pub name: String,
    /// How many people the law allows in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<u32>,
    /// What becomes here of selections that leave a single seat, whatever the performance says; none: what it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub single_seats: Option<SingleSeats>,
    /// Its corners; without them it is drawn around its seats.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outline: Vec<Point>,
    /// From the front to the back.
    pub rows: Vec<Row>,
}

/// A row of seats, neighbours side by side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// What it is called.
    pub label: String,
    /// From one end to the other.
    pub seats: Vec<Seat>,
}

/// A seat. Its section, row and label are what it is known by in every version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// Its number or letter.
    pub label: String,
    /// Where it stands, to the right.
    pub x: i32,
    /// Where it stands, downwards.
    pub y: i32,
    /// What is particular about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<SeatAttribute>,
}

/// Places without numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    /// What it is called, here and on tickets.
    pub name: String,
    /// How many people fit in.
    pub capacity: u32,
    /// How many people the law allows in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<u32>,
    /// Its corners.
    pub outline: Vec<Point>,
}

/// Ways to set up the same spot, of which a performance chooses one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alternative {
    /// What the spot is called (`floor`).
    pub name: String,
    /// The ways (`standing`, `seated`, `court`).
    pub options: Vec<Setup>,
}

/// One way to set up a spot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// What it is called.
    pub name: String,
    /// The sections and areas that are there then, and only then.
    pub contains: Vec<String>,
}

/// A section or an area: what has a name, room for so many, and tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// With numbers.
    Section(&'a Section),
    /// Without.
    Area(&'a Area),
}

impl<'a> Part<'a> {
    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'a str {
        match self {
            Self::Section(section) => &section.name,
            Self::Area(area) => &area.name,
        }
    }

    /// How many people the law allows in it.
    #[must_use]
    pub fn maximum(self) -> Option<u32> {
        match self {
            Self::Section(section) => section.maximum,
            Self::Area(area) => area.maximum,
        }
    }

    /// How many people it has room for.
    #[must_use]
    pub fn room(self) -> u32 {
        match self {
            Self::Section(section) => u32::try_from(section.seats()).unwrap_or(u32::MAX),
            Self::Area(area) => area.capacity,
        }
    }

    /// How many tickets it can have: its room, or fewer where the law says so.
    #[must_use]
    pub fn limit(self) -> u32 {
        self.room().min(self.maximum().unwrap_or(u32::MAX))
    }
}

impl Seat {
    /// Where it stands.
    #[must_use]
    pub fn at(&self) -> Point {
        Point { x: self.x, y: self.y }
    }
}

impl Section {
    /// How many seats it has.
    #[must_use]
    pub fn seats(&self) -> usize {
        self.rows.iter().map(|row| row.seats.len()).sum()
    }
}

impl Plan {
    /// The seat of this name, if there is one.
    #[must_use]
    pub fn seat(&self, section: &str, row: &str, seat: &str) -> Option<&Seat> {
        let section = self.sections.iter().find(|known| known.name == section)?;
        let row = section.rows.iter().find(|known| known.label == row)?;
        row.seats.iter().find(|known| known.label == seat)
    }

    /// What is particular about the seat that a ticket is for; nothing where it has none.
    #[must_use]
    pub fn attributes(&self, place: &Place) -> &[SeatAttribute] {
        let named = place.row.as_deref().zip(place.seat.as_deref());
        let seat = named.and_then(|(row, seat)| self.seat(&place.section, row, seat));
        seat.map_or(&[], |seat| &seat.attributes)
    }

    /// What becomes of single seats in the sections that say it themselves.
    #[must_use]
    pub fn single_seats(&self) -> HashMap<String, SingleSeats> {
        let own = |section: &Section| Some((section.name.clone(), section.single_seats?));
        self.sections.iter().filter_map(own).collect()
    }

    /// How many seats there are, of all alternatives together.
    #[must_use]
    pub fn seats(&self) -> usize {
        self.sections.iter().map(Section::seats).sum()
    }

    /// How many places without numbers there are, of all alternatives together.
    #[must_use]
    pub fn places(&self) -> u64 {
        self.areas.iter().map(|area| u64::from(area.capacity)).sum()
    }

    /// Sections and areas, in the drawing order.
    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        self.sections.iter().map(Part::Section).chain(self.areas.iter().map(Part::Area))
    }

    /// In which spot, and in which way of setting it up, the section or area of this name is; none if it is always there.
    #[must_use]
    pub fn setup_of(&self, part: &str) -> Option<(&Alternative, &Setup)> {
        self.alternatives.iter().find_map(|alternative| {
            let setup = alternative.options.iter().find(|setup| setup.contains.iter().any(|name| name == part))?;
            Some((alternative, setup))
        })
    }
}
