//! `/v1/performances/{performance_id}/waitlist`

pub(crate) mod entries;
pub(crate) mod get;
pub(crate) mod update;

use foundation::id::PerformanceId;
use serde::{Deserialize, Serialize};
use ticketing::rules::waitlist::{self, Waitlist};
use utoipa::ToSchema;

/// Whether a waitlist takes anyone in.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WaitlistState {
    /// It does.
    Open,
    /// It does not; who waits already is offered what is free.
    Closed,
}

impl From<WaitlistState> for waitlist::WaitlistState {
    fn from(wire: WaitlistState) -> Self {
        match wire {
            WaitlistState::Open => Self::Open,
            WaitlistState::Closed => Self::Closed,
        }
    }
}

/// A performance's waitlist.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Waitlist)]
pub(crate) struct WaitlistView {
    performance_id: PerformanceId,
    state: WaitlistState,
    /// How long an offer stands; so long at most, and once, tickets are gathered for a party that needs more than are free.
    offer_seconds: i32,
    /// How many parties wait.
    waiting: i32,
    /// Counts its changes; also the ETag.
    version: i64,
}

impl From<Waitlist> for WaitlistView {
    fn from(list: Waitlist) -> Self {
        Self {
            performance_id: list.performance,
            state: match list.state {
                waitlist::WaitlistState::Open => WaitlistState::Open,
                waitlist::WaitlistState::Closed => WaitlistState::Closed,
            },
            offer_seconds: list.offer_seconds,
            waiting: list.waiting,
            version: list.version,
        }
    }
}
