//! A layout's plan on the wire: the same in requests and answers, so that what is exported can be imported. Lengths are whole
//! centimetres, x to the right and y downwards.

use serde::{Deserialize, Serialize};
use ticketing::rules::layout::{SeatAttribute, plan};
use utoipa::ToSchema;

use crate::v1::performances::seating::SingleSeats;

/// What stands in a room. Lengths are whole centimetres, x to the right and y downwards; where the origin is does not matter.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// What everyone looks at, for the drawing.
    stage: Option<Stage>,
    /// Where the view is best; seats near it are offered first.
    focal_point: Option<Point>,
    /// How many people the law allows in all.
    maximum: Option<u32>,
    /// Numbered seats.
    #[serde(default)]
    sections: Vec<Section>,
    /// General admission.
    #[serde(default)]
    areas: Vec<Area>,
    /// What excludes each other: of each a performance chooses one option.
    #[serde(default)]
    alternatives: Vec<Alternative>,
}

/// A point, in centimetres.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Point {
    x: i32,
    y: i32,
}

/// What everyone looks at.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stage {
    #[schema(example = "Stage")]
    label: String,
    /// Its corners, at least 3.
    outline: Vec<Point>,
}

/// A section of numbered seats.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = LayoutSection)]
#[serde(deny_unknown_fields)]
pub(crate) struct Section {
    /// What it is called, here and on tickets.
    #[schema(example = "Stalls")]
    name: String,
    /// How many people the law allows in it.
    maximum: Option<u32>,
    /// What becomes here of a selection that leaves a single seat alone, whatever the performance says; left out: what it says.
    single_seats: Option<SingleSeats>,
    /// Its corners; without them it is drawn around its seats.
    #[serde(default)]
    outline: Vec<Point>,
    /// From the front to the back.
    rows: Vec<Row>,
}

/// A row of seats.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = LayoutRow)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    #[schema(example = "A")]
    label: String,
    /// From one end to the other: neighbours side by side.
    seats: Vec<Seat>,
}

/// A seat, known in every version by its section, row and label.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = LayoutSeat)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seat {
    #[schema(example = "1")]
    label: String,
    x: i32,
    y: i32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<Attribute>,
}

/// What is particular about a seat.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[schema(as = SeatAttribute)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Attribute {
    /// Something stands between it and what there is to see.
    RestrictedView,
    /// A place for a wheelchair.
    Wheelchair,
    /// For who comes with somebody at a wheelchair place.
    Companion,
}

/// A general admission area.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = LayoutArea)]
#[serde(deny_unknown_fields)]
pub(crate) struct Area {
    /// What it is called, here and on tickets.
    #[schema(example = "Floor")]
    name: String,
    /// How many people fit in.
    capacity: u32,
    /// How many people the law allows in it.
    maximum: Option<u32>,
    /// Its corners, at least 3.
    outline: Vec<Point>,
}

/// Ways to set up the same spot, of which a performance chooses one.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = LayoutAlternative)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alternative {
    /// What the spot is called.
    #[schema(example = "floor")]
    name: String,
    options: Vec<Setup>,
}

/// One way to set up a spot.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = LayoutOption)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setup {
    #[schema(example = "standing")]
    name: String,
    /// The sections and areas that are there then, and only then, by name.
    contains: Vec<String>,
}

/// Turns each into its other form, field by field.
macro_rules! both_ways {
    ($($wire:ident = $rule:path { $($field:ident),* };)*) => {$(
        impl From<$wire> for $rule {
            fn from(wire: $wire) -> Self {
                Self { $($field: wire.$field.turn(),)* }
            }
        }
        impl From<$rule> for $wire {
            fn from(rule: $rule) -> Self {
                Self { $($field: rule.$field.turn(),)* }
            }
        }
    )*};
}
both_ways! {
    Plan = plan::Plan { stage, focal_point, maximum, sections, areas, alternatives };
    Point = plan::Point { x, y };
    Stage = plan::Stage { label, outline };
    Section = plan::Section { name, maximum, single_seats, outline, rows };
    Row = plan::Row { label, seats };
    Seat = plan::Seat { label, x, y, attributes };
    Area = plan::Area { name, capacity, maximum, outline };
    Alternative = plan::Alternative { name, options };
    Setup = plan::Setup { name, contains };
}

/// `Into` that goes through lists and what may be missing.
trait Turn<T> {
    fn turn(self) -> T;
}

impl<T, U: From<T>> Turn<Vec<U>> for Vec<T> {
    fn turn(self) -> Vec<U> {
        self.into_iter().map(U::from).collect()
    }
}

impl<T, U: From<T>> Turn<Option<U>> for Option<T> {
    fn turn(self) -> Option<U> {
        self.map(U::from)
    }
}

impl Turn<Self> for String {
    fn turn(self) -> Self {
        self
    }
}

impl Turn<Self> for i32 {
    fn turn(self) -> Self {
        self
    }
}

impl Turn<Self> for u32 {
    fn turn(self) -> Self {
        self
    }
}

impl From<Attribute> for SeatAttribute {
    fn from(wire: Attribute) -> Self {
        match wire {
            Attribute::RestrictedView => Self::RestrictedView,
            Attribute::Wheelchair => Self::Wheelchair,
            Attribute::Companion => Self::Companion,
        }
    }
}

impl From<SeatAttribute> for Attribute {
    fn from(rule: SeatAttribute) -> Self {
        match rule {
            SeatAttribute::RestrictedView => Self::RestrictedView,
            SeatAttribute::Wheelchair => Self::Wheelchair,
            SeatAttribute::Companion => Self::Companion,
        }
    }
}
