//! `/regions/{region}/resellers/{reseller}/release_terms`: when the environment's money becomes available.

pub(super) mod get;
pub(super) mod set;

use accounting::ReleaseTerms;
use rust_decimal::Decimal;
use serde::Serialize;

/// The terms in force.
#[derive(Serialize)]
pub(super) struct TermsShown {
    release_after_days: u16,
    reserve_percentage: Decimal,
    reserve_days: u16,
}

impl From<ReleaseTerms> for TermsShown {
    fn from(terms: ReleaseTerms) -> Self {
        Self {
            release_after_days: terms.release_after_days(),
            reserve_percentage: terms.reserve_percentage(),
            reserve_days: terms.reserve_days(),
        }
    }
}
