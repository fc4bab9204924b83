//! How many tickets one buyer may have: what performances and shows have in common.

use serde::{Deserialize, Serialize};
use ticketing::{rules, use_cases::set_buyer_limit::BuyerLimit};
use utoipa::ToSchema;

/// Over what a buyer's tickets count.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CountedPer {
    /// Each performance by itself.
    Performance,
    /// All performances of the show together.
    Show,
}

impl From<CountedPer> for rules::limit::Per {
    fn from(wire: CountedPer) -> Self {
        match wire {
            CountedPer::Performance => Self::Performance,
            CountedPer::Show => Self::Show,
        }
    }
}

/// How many tickets one buyer may have, over holds and orders. A hold counts by its `buyer_reference`, an order by the buyer's
/// e-mail address too.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BuyerLimit)]
pub(crate) struct BuyerLimitView {
    /// As set here; null: what the show says, else 6.
    max_tickets: Option<i32>,
    /// What holds.
    #[schema(example = 6)]
    in_force: i32,
    counted_per: CountedPer,
    /// The version of the performance or show that it is part of; also the ETag.
    version: i64,
}

impl From<BuyerLimit> for BuyerLimitView {
    fn from(limit: BuyerLimit) -> Self {
        let counted_per = match limit.per {
            rules::limit::Per::Performance => CountedPer::Performance,
            rules::limit::Per::Show => CountedPer::Show,
        };
        Self { max_tickets: limit.max, in_force: limit.in_force, counted_per, version: limit.version }
    }
}
