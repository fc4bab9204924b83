//! Where a version of a layout and a planned performance cannot both be.

use foundation::{
    Instant,
    id::{OrderId, PerformanceId, ShowId, TicketId},
};
use serde::{Deserialize, Serialize};

/// The most performances, and the most tickets of each, that are named; all are counted.
pub const NAMED_MAX: usize = 100;

/// A performance that stands in the way of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Clash {
    /// Which one.
    pub performance_id: PerformanceId,
    /// Of which show.
    pub show_id: ShowId,
    /// When it is.
    pub starts_at: Instant,
    /// What of it is in the way.
    #[serde(flatten)]
    pub about: Obstacles,
}

/// What of a performance is in the way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obstacles {
    /// How many tickets are sold or held for what is no longer there.
    pub tickets_count: i64,
    /// The first of them.
    pub tickets: Vec<LostTicket>,
    /// Where more are sold or held than would fit.
    pub too_many: Vec<TooMany>,
}

/// A ticket of somebody, for what is no longer there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostTicket {
    /// Which one.
    pub ticket_id: TicketId,
    /// Its section or area.
    pub section: String,
    /// Its row.
    pub row: Option<String>,
    /// Its seat.
    pub seat: Option<String>,
    /// Sold or held.
    pub state: Taken,
    /// The order that bought it or is being paid, if it is one.
    pub order_id: Option<OrderId>,
}

/// How a ticket is somebody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// Paid.
    Sold,
    /// In a hold, or in an order that is not paid yet.
    Held,
}

/// A section or area, or all of them, with more sold and held than would fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TooMany {
    /// Which one; none for the whole layout.
    pub section: Option<String>,
    /// How many are sold and held.
    pub taken: i64,
    /// How many would fit.
    pub maximum: i64,
}
