//! One look at a process in which buyers are told and choose: where it goes on to, and which orders are to be closed now.

use foundation::{Instant, Result, TenantTx, id::OrderId};

use crate::{
    rules::choice::{ChoiceState, LOOK_AGAIN, next},
    store::choices::{self, Process},
};

/// How many orders one look sees to.
pub(super) const PAGE: i64 = 50;

/// What a look came to.
pub(super) struct Look {
    /// How far it is now.
    pub(super) state: ChoiceState,
    /// Counts its changes.
    pub(super) version: i64,
    /// Orders for which the default is to be carried out.
    pub(super) closing: Vec<OrderId>,
}

impl Look {
    /// Whether it is done, and was not before.
    pub(super) fn ended(&self, before: ChoiceState) -> bool {
        self.state == ChoiceState::Done && before != ChoiceState::Done
    }
}

/// Moves a locked process on after so many orders were told in this look. While it `waits` for orders that are being paid, it is not done.
pub(super) async fn look(
    tx: &mut TenantTx,
    of: Process,
    (state, decide_by): (ChoiceState, Instant),
    told: usize,
    waits: bool,
    now: Instant,
) -> Result<Look> {
    let (mut to, mut due_at) = next(state, told, decide_by, now);
    if to == ChoiceState::Deciding && due_at <= now {
        // There is nothing to choose, or no time left for it.
        (to, due_at) = next(to, told, decide_by, now);
    }
    let closing = if to == ChoiceState::Closing { choices::open_orders(tx, of, PAGE).await? } else { Vec::new() };
    if to == ChoiceState::Closing && closing.is_empty() && told == 0 {
        if waits {
            due_at = now.plus(LOOK_AGAIN);
        } else {
            to = ChoiceState::Done;
        }
    }
    let version = choices::save(tx, of, to, due_at).await?;
    Ok(Look { state: to, version, closing })
}
