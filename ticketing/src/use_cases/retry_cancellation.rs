//! An order whose money a bank had when its performance was cancelled got nothing of what was offered. Once the bank has let the payment
//! stand it gets its outcome after all: the cancellation goes on for that order, by what is done for who has not chosen.

use foundation::{
    Instant, Result, TenantTx,
    id::{CancellationId, OrderId},
};

use crate::{
    rules::choice::ChoiceState,
    store::{
        cancellations,
        choices::{self, Process},
    },
};

/// Locks the cancellations that an order got nothing of: before the order, as whoever carries them on does.
pub(super) async fn lock_stuck(tx: &mut TenantTx, order: OrderId) -> Result<Vec<CancellationId>> {
    let stuck = cancellations::stuck_of(tx, order).await?;
    for id in &stuck {
        choices::lock(tx, Process::Cancellation(*id)).await?;
        cancellations::lock_order(tx, *id, order).await?;
    }
    Ok(stuck)
}

/// Whether a locked order is stuck in no other cancellation than the locked ones: another may have got stuck before the order was locked.
pub(super) async fn none_stuck_since(tx: &mut TenantTx, order: OrderId, stuck: &[CancellationId]) -> Result<bool> {
    Ok(cancellations::stuck_of(tx, order).await?.iter().all(|id| stuck.contains(id)))
}

/// Has the worker see to an order of these again, whose payment is disputed no longer.
pub(super) async fn retry(tx: &mut TenantTx, stuck: &[CancellationId], order: OrderId, now: Instant) -> Result<()> {
    for id in stuck {
        if cancellations::reopen(tx, *id, order).await? {
            choices::save(tx, Process::Cancellation(*id), ChoiceState::Closing, now).await?;
        }
    }
    Ok(())
}
