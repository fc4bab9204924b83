//! Interest in what is not on sale yet: an address that is told once, when it opens (decision 32). Pure.

use foundation::{
    Instant, Refusal,
    id::{InterestId, PerformanceId, ShowId},
};

use super::order::Buyer;

/// The most addresses that wait for one show to open.
pub const INTERESTS_MAX: i32 = 100_000;

/// Somebody's interest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interest {
    /// Its id.
    pub id: InterestId,
    /// In which show.
    pub show: ShowId,
    /// In which performance of it; none: in whichever opens first.
    pub performance: Option<PerformanceId>,
    /// Who; the address is always known.
    pub buyer: Buyer,
    /// Since when.
    pub created_at: Instant,
    /// When it was told that the sale has opened.
    pub told_at: Option<Instant>,
}

/// An interest to register.
#[derive(Debug, Clone)]
pub struct NewInterest {
    /// In which performance; none: in whichever of the show opens first.
    pub performance: Option<PerformanceId>,
    /// Who.
    pub buyer: Buyer,
}

impl NewInterest {
    /// Checks its form.
    ///
    /// # Errors
    /// `invalid_field`.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.buyer.email.is_some() { Ok(()) } else { Err(Refusal::field("/buyer/email", "is missing")) }
    }
}
