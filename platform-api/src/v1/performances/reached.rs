//! Whom a change of a sale round or a pool reaches, as its dry run tells it.

use foundation::{Money, id::HoldId};
use serde::Serialize;
use ticketing::use_cases::try_terms::{Reached, ReachedHold};
use utoipa::ToSchema;

/// Who holds or has ordered tickets that are sold in a sale round or through the offers of a pool.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reached)]
pub(crate) struct ReachedView {
    /// Holds: what they have costs what it then costs when it is ordered.
    holds: usize,
    /// The first hundred of them.
    holds_first: Vec<ReachedHoldView>,
    /// Unpaid orders, which keep their price.
    unpaid_orders: i64,
    /// Paid orders, which keep theirs.
    orders: i64,
}

/// A hold that a change reaches.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReachedHold)]
struct ReachedHoldView {
    hold_id: HoldId,
    buyer_reference: Option<String>,
    /// What the buyer would pay for all of the hold without the change, all in.
    total_before: Option<Money>,
    /// The same with it.
    total: Option<Money>,
}

impl From<Reached> for ReachedView {
    fn from(reached: Reached) -> Self {
        Self {
            holds: reached.holds,
            holds_first: reached.holds_first.into_iter().map(ReachedHoldView::from).collect(),
            unpaid_orders: reached.unpaid_orders,
            orders: reached.orders,
        }
    }
}

impl From<ReachedHold> for ReachedHoldView {
    fn from(hold: ReachedHold) -> Self {
        let ReachedHold { id: hold_id, buyer_reference, total_before, total } = hold;
        Self { hold_id, buyer_reference, total_before, total }
    }
}
