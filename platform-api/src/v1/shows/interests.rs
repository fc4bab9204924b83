//! `/v1/shows/{show_id}/interests`

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod withdraw;

use foundation::{
    Instant,
    id::{InterestId, PerformanceId, SaleRoundId, ShowId},
};
use serde::Serialize;
use ticketing::rules::interest::Interest;
use utoipa::ToSchema;

/// Somebody's interest in what is not on sale yet. Who has its id may withdraw it; it says nothing of a person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Interest)]
pub(crate) struct InterestView {
    id: InterestId,
    show_id: ShowId,
    /// Null: whichever of the show's performances opens first.
    performance_id: Option<PerformanceId>,
    /// Null: its sale as a whole.
    sale_round_id: Option<SaleRoundId>,
    created_at: Instant,
    /// When it was told that the sale has opened; thirty days later it is erased.
    told_at: Option<Instant>,
}

impl From<&Interest> for InterestView {
    fn from(interest: &Interest) -> Self {
        Self {
            id: interest.id,
            show_id: interest.show,
            performance_id: interest.performance,
            sale_round_id: interest.round,
            created_at: interest.created_at,
            told_at: interest.told_at,
        }
    }
}
