//! `/v1/payouts`: money on its way to your bank account.

pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod list;

use foundation::{Instant, Money, id::PayoutId};
use serde::Serialize;
use ticketing::rules::payout::{Payout, PayoutState};
use utoipa::ToSchema;

/// Money on its way to your bank account, there, or come back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payout)]
pub(crate) struct PayoutView {
    id: PayoutId,
    #[schema(value_type = String, example = "in_transit")]
    state: PayoutState,
    amount: Money,
    /// Whether your schedule made it.
    by_schedule: bool,
    /// When your bank had it; it may send it back days later.
    paid_at: Option<Instant>,
    /// Why it failed, in the payment provider's word.
    failure_code: Option<String>,
    created_at: Instant,
    /// Counts its changes.
    version: i64,
}

impl From<Payout> for PayoutView {
    fn from(payout: Payout) -> Self {
        Self {
            id: payout.id,
            state: payout.state,
            amount: payout.amount,
            by_schedule: payout.by_schedule,
            paid_at: payout.paid_at,
            failure_code: payout.failure_code,
            created_at: payout.created_at,
            version: payout.version,
        }
    }
}
