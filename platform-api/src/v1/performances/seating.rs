//! `/v1/performances/{performance_id}/seating`

pub(crate) mod get;
pub(crate) mod update;

use foundation::Instant;
use serde::{Deserialize, Serialize};
use ticketing::{rules::seating, use_cases::set_seating::SeatingSet};
use utoipa::ToSchema;

/// What becomes of a selection of seats that leaves a single one alone between taken ones, where as many others would not.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SingleSeats {
    /// Nothing is said of it.
    Allowed,
    /// The answer's `seating` says so.
    Warned,
    /// It is refused as `leaves_single_seat`.
    Refused,
}

impl From<SingleSeats> for seating::SingleSeats {
    fn from(wire: SingleSeats) -> Self {
        match wire {
            SingleSeats::Allowed => Self::Allowed,
            SingleSeats::Warned => Self::Warned,
            SingleSeats::Refused => Self::Refused,
        }
    }
}

impl From<seating::SingleSeats> for SingleSeats {
    fn from(rule: seating::SingleSeats) -> Self {
        match rule {
            seating::SingleSeats::Allowed => Self::Allowed,
            seating::SingleSeats::Warned => Self::Warned,
            seating::SingleSeats::Refused => Self::Refused,
        }
    }
}

/// How seats of a performance are chosen.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SeatingRules)]
pub(crate) struct SeatingRulesView {
    /// Until when wheelchair places and companions' seats are kept for who asks for them as that; from then on they are everybody's.
    /// Null: to the end.
    accessible_until: Option<Instant>,
    single_seats: SingleSeats,
    /// The version of the performance that it is part of; also the ETag.
    version: i64,
}

impl From<SeatingSet> for SeatingRulesView {
    fn from(set: SeatingSet) -> Self {
        let rules = set.rules;
        Self { accessible_until: rules.accessible_until, single_seats: rules.single_seats.into(), version: set.version }
    }
}
