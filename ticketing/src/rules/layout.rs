//! Layouts of a venue: what stands in the room, in versions that never change once written. Nothing here does I/O.
//!
//! A [`Plan`] is one version's content; [`chosen`] is what a performance makes of it, [`change`] what another version would
//! mean for a performance, [`csv`] reads seats from a table. It must never know what is sold.

pub mod change;
mod check;
pub mod chosen;
pub mod clash;
pub mod csv;
pub mod plan;
pub mod sale;

use foundation::{
    Instant,
    id::{LayoutId, LayoutVersionId, VenueId},
};
use serde::{Deserialize, Serialize};

use self::chosen::Choices;
pub use self::{check::check_name, plan::Plan};
use super::states;

states! {
    /// The life of a layout's version.
    LayoutState {
        /// In the making; no performance uses it.
        Draft = "draft" -> [Scheduled, Published, Withdrawn];
        /// It takes effect at a date, if it clashes with no performance then.
        Scheduled = "scheduled" -> [Scheduled, Published, Clashed, Withdrawn];
        /// At its date it clashed with performances and did not take effect.
        Clashed = "clashed" -> [Scheduled, Published, Withdrawn];
        /// In force.
        Published = "published" -> [Superseded];
        /// A later one is in force.
        Superseded = "superseded" -> [];
        /// Given up before it was in force.
        Withdrawn = "withdrawn" -> [];
    }
}

impl LayoutState {
    /// Whether it may still come into force. A layout has one such version at most.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Draft | Self::Scheduled | Self::Clashed)
    }
}

/// One way in which a venue is set up, with its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Its id.
    pub id: LayoutId,
    /// Of which venue.
    pub venue: VenueId,
    /// The room that it is set up in, by the first layout of that room: often its own id. Performances in one room exclude each other.
    pub room: LayoutId,
    /// What it is called there.
    pub name: String,
    /// The version in force.
    pub published: Option<LayoutVersion>,
    /// The version that is not in force yet: a draft, one with a date, or one that clashed at its date.
    pub open: Option<LayoutVersion>,
    /// Counts its changes.
    pub version: i64,
}

/// One version of a layout, without its plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayoutVersion {
    /// Its id, which stands for this very plan: what is changed gets another.
    pub id: LayoutVersionId,
    /// Counts the layout's versions, from 1.
    pub number: i32,
    /// Where it is in its life.
    pub state: LayoutState,
    /// From when it is in force.
    pub effective_from: Option<Instant>,
    /// How many seats there are, of all alternatives together.
    pub seats: i32,
    /// How many places its general admission areas have, of all alternatives together.
    pub places: i32,
}

/// Which plan a performance uses, and how it sets up what can be set up in several ways. The plan of a version never changes, so
/// neither does what stands here, until a version is published that every ticket of the performance fits into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The layout.
    pub layout: LayoutId,
    /// Its version.
    pub version: LayoutVersionId,
    /// Of each spot the way in which it is set up.
    pub choices: Choices,
}

/// What is particular about a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatAttribute {
    /// Something stands between it and what there is to see.
    RestrictedView,
    /// A place for a wheelchair.
    Wheelchair,
    /// For who comes with somebody at a wheelchair place.
    Companion,
}

impl SeatAttribute {
    /// Every one of them.
    pub const ALL: [Self; 3] = [Self::RestrictedView, Self::Wheelchair, Self::Companion];

    /// The word in tables and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RestrictedView => "restricted_view",
            Self::Wheelchair => "wheelchair",
            Self::Companion => "companion",
        }
    }
}
