//! One look at a process in which buyers are told and choose: where it goes on to, and which orders are to be closed now. An order whose
//! buyer cannot be told, or that cannot be closed, is put off, so that the others never wait for it.

use std::time::Duration;

use foundation::{
    Code, Error, Instant, Result, TenantTx,
    id::{OrderId, ResellerId},
};

use crate::{
    inventory::Inventory,
    rules::choice::{ChoiceState, LOOK_AGAIN, next},
    store::choices::{self, Process},
};

/// How many orders one look sees to.
pub(super) const PAGE: i64 = 50;
/// How long an order is put off that had to give way to others.
const SOON: Duration = Duration::from_secs(1);

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
    let closing = if to == ChoiceState::Closing { choices::open_orders(tx, of, now, PAGE).await? } else { Vec::new() };
    if to == ChoiceState::Closing && closing.is_empty() && told == 0 {
        let later = waits.then(|| now.plus(LOOK_AGAIN));
        match later.into_iter().chain(choices::first_retry(tx, of).await?).min() {
            Some(at) => due_at = at,
            None => to = ChoiceState::Done,
        }
    }
    let version = choices::save(tx, of, to, due_at).await?;
    Ok(Look { state: to, version, closing })
}

/// Notes that an order could not be closed, and when it is tried again. Where not even that can be noted it is tried at the next look.
pub(super) async fn put_off(inventory: &Inventory, reseller: ResellerId, of: Process, order: OrderId, error: &Error) {
    if let Err(failed) = note(inventory, reseller, of, order, error).await {
        tracing::error!(%error, %failed, ?of, %order, "an order could be neither closed nor put off");
    }
}

async fn note(inventory: &Inventory, reseller: ResellerId, of: Process, order: OrderId, error: &Error) -> Result<()> {
    let mut tx = inventory.cell().tenant(reseller).await?;
    let later = later(&mut tx, of, order, error).await?;
    choices::put_off(&mut tx, of, order, (later.problem.as_deref(), later.retry_at)).await?;
    tx.commit().await?;
    if later.busy {
        tracing::warn!(%error, ?of, %order, "an order had to give way to others; it is tried again");
    } else {
        tracing::error!(%error, ?of, %order, "an order could not be closed; it is tried again, and the others go on");
    }
    Ok(())
}

/// Takes in an order whose buyer could not be told for itself, to be told later. Once orders are closed it is tried no more: its outcome is told
/// too. Gives whether it is seen to, told or noted: an order that somebody has locked cannot be taken in either, and is found again at the
/// next look.
pub(super) async fn told_or_put_off(
    inventory: &Inventory,
    reseller: ResellerId,
    of: (Process, ChoiceState),
    order: OrderId,
    told: Result<()>,
) -> bool {
    let Err(error) = &told else { return true };
    let noted = note_untold(inventory, reseller, of, order, error).await;
    if let Err(failed) = &noted {
        tracing::error!(%error, %failed, of = ?of.0, %order, "a buyer could be neither told nor put off");
    }
    noted.is_ok()
}

async fn note_untold(
    inventory: &Inventory,
    reseller: ResellerId,
    (of, state): (Process, ChoiceState),
    order: OrderId,
    error: &Error,
) -> Result<()> {
    let mut tx = inventory.cell().tenant(reseller).await?;
    choices::lock(&mut tx, of).await?;
    let later = later(&mut tx, of, order, error).await?;
    let no_more = state == ChoiceState::Closing && later.problem.is_some();
    choices::put_off_telling(&mut tx, of, order, (later.problem.as_deref(), later.retry_at), no_more).await?;
    tx.commit().await?;
    if later.busy {
        tracing::warn!(%error, ?of, %order, no_more, "telling a buyer had to give way to others");
    } else {
        tracing::error!(%error, ?of, %order, no_more, "a buyer could not be told; the others are");
    }
    Ok(())
}

/// When what failed is tried again.
struct Later {
    /// Why; none for what only gave way to others.
    problem: Option<String>,
    retry_at: Instant,
    /// Others were in its way: no mistake of ours.
    busy: bool,
}

async fn later(tx: &mut TenantTx, of: Process, order: OrderId, error: &Error) -> Result<Later> {
    let busy = matches!(error, Error::Refused(refusal) if refusal.code == Code::Busy);
    // Once. What never ends is cut off as if it gave way, and may not take up every look.
    let gave_way = busy && !choices::was_put_off(tx, of, order).await?;
    let retry_at = tx.now().await?.plus(if gave_way { SOON } else { LOOK_AGAIN });
    let problem = format!("It failed for a reason that is ours to mend, and is tried again at {retry_at}.");
    Ok(Later { problem: (!gave_way).then_some(problem), retry_at, busy })
}
