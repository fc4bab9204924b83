//! What a person has to see to. So far there is one kind: a performance that stands in the way of a version of its layout.

use foundation::{
    Instant,
    id::{LayoutVersionId, PerformanceId, TaskId, VenueId},
};

use super::{as_text, layout::clash::Obstacles};

/// Whether somebody still has to see to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskState {
    /// Somebody has.
    Open,
    /// It is settled.
    Done,
}
as_text! {
    TaskState { Open = "open", Done = "done" }
}

/// A performance that stands in the way of a version of its layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Whether somebody still has to see to it.
    pub state: TaskState,
    /// The venue.
    pub venue: VenueId,
    /// The performance that is in the way.
    pub performance: PerformanceId,
    /// The version that it is in the way of.
    pub layout_version: LayoutVersionId,
    /// What of it is in the way, as it was found last.
    pub about: Obstacles,
    /// When it was opened.
    pub created_at: Instant,
    /// Counts its changes.
    pub version: i64,
}
