//! How long the provider and the banks take for what happens by itself. A test sets it; it is not kept across a restart.

/// The waits, in milliseconds of the provider's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delays {
    /// From a payment with one of the test cards to its dispute or inquiry.
    pub(crate) dispute_ms: i64,
    /// From telling evidence to the bank's decision.
    pub(crate) verdict_ms: i64,
    /// From a payment with the test card to its early fraud warning.
    pub(crate) fraud_warning_ms: i64,
    /// From a payout's creation to being under way, and from there to its end.
    pub(crate) payout_ms: i64,
}

impl Delays {
    /// The same wait for everything.
    pub(crate) fn all(milliseconds: i64) -> Self {
        Self {
            dispute_ms: milliseconds,
            verdict_ms: milliseconds,
            fraud_warning_ms: milliseconds,
            payout_ms: milliseconds,
        }
    }
}
