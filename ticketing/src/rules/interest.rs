//! Interest in what is not on sale yet: an address that is told once, when it opens (decision 32). Pure.

use foundation::{
    Instant, Refusal,
    id::{InterestId, PerformanceId, SaleRoundId, ShowId},
    refusal::FieldErrors,
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
    /// In which sale round of that; none: in its sale as a whole.
    pub round: Option<SaleRoundId>,
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
    /// In which sale round of that; none: in its sale as a whole.
    pub round: Option<SaleRoundId>,
    /// Who.
    pub buyer: Buyer,
}

impl NewInterest {
    /// Checks its form.
    ///
    /// # Errors
    /// `invalid_field`.
    pub fn check(&self) -> Result<(), Refusal> {
        let mut fields = FieldErrors::default();
        fields.check(self.buyer.email.is_some(), "/buyer/email", "is missing");
        let whole = self.round.is_none() || self.performance.is_some();
        fields.check(whole, "/performance_id", "is needed beside sale_round_id");
        fields.done()
    }
}
