//! Leaves a waitlist: a place in it, or an offer, is given up. Here is also what becomes of an entry when its offer ends in
//! whatever way.

use foundation::{
    Code, Error, Refusal, Result, TenantTx, event,
    id::{PerformanceId, WaitlistEntryId},
};

use super::{change_hold::end_hold, join_waitlist::entry_event, tell_waiting::tell_entry};
use crate::{
    inventory::Inventory,
    rules::waitlist::{Entry, EntryState},
    store::{claims::Change, performances, stock, waitlist_entries, waitlists},
};

/// An entry that was given up, and what memory is to learn once that is committed.
#[derive(Debug)]
pub struct Left {
    /// The entry as it now is.
    pub entry: Entry,
    /// What became of claims.
    pub changes: Vec<Change>,
}

/// Gives an entry up; the tickets of an offer are for the next whom they fit.
///
/// # Errors
/// `not_found`, `waitlist_entry_ended`.
pub async fn leave_waitlist(
    tx: &mut TenantTx,
    inventory: &Inventory,
    performance: PerformanceId,
    id: WaitlistEntryId,
) -> Result<Left> {
    performances::lock(tx, &[performance], false).await?;
    let entry = waitlist_entries::get(tx, performance, id).await?;
    let now = tx.now().await?;
    let changes = match (entry.state_at(now), entry.offer) {
        (EntryState::Waiting, _) => {
            waitlists::fewer(tx, performance, 1, now).await?;
            if end_entries(tx, &[id], EntryState::Left).await?.is_empty() {
                return Err(ended(EntryState::Left).into());
            }
            event::append(tx, &[stock::waited_for(performance)]).await?;
            Vec::new()
        }
        (EntryState::Offered, Some((hold, _))) => match end_hold(tx, inventory, hold, "released").await {
            Ok(ended) => ended.changes,
            Err(why) => return Err(overtaken(tx, performance, id, why).await?),
        },
        (state, _) => return Err(ended(state).into()),
    };
    let entry = waitlist_entries::get(tx, performance, id).await?;
    Ok(Left { entry, changes })
}

/// Why an offer cannot be given up: if its hold has just become something else, the entry has come to its end.
async fn overtaken(tx: &mut TenantTx, performance: PerformanceId, id: WaitlistEntryId, why: Error) -> Result<Error> {
    let now = tx.now().await?;
    match (&why, waitlist_entries::get(tx, performance, id).await?.state_at(now)) {
        (Error::Refused(_), state) if state != EntryState::Offered => Ok(ended(state).into()),
        _ => Ok(why),
    }
}

fn ended(state: EntryState) -> Refusal {
    Refusal::new(Code::WaitlistEntryEnded, format!("The entry is `{}`; to wait again, join again.", state.as_str()))
}

/// Ends entries, those that are not past it already, and tells so. Gives them.
pub(super) async fn end_entries(tx: &mut TenantTx, ids: &[WaitlistEntryId], to: EntryState) -> Result<Vec<Entry>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let now = tx.now().await?;
    let ended = waitlist_entries::end(tx, ids, to, now).await?;
    let kind = match to {
        EntryState::Accepted => "waitlist.accepted",
        EntryState::Declined => "waitlist.declined",
        EntryState::Lapsed => "waitlist.lapsed",
        EntryState::Left => "waitlist.left",
        EntryState::Waiting | EntryState::Offered | EntryState::Closed => "waitlist.closed",
    };
    let events: Vec<event::NewEvent> = ended.iter().map(|entry| entry_event(kind, entry)).collect();
    event::append(tx, &events).await?;
    for entry in &ended {
        tell_entry(tx, entry, &[]).await?;
    }
    Ok(ended)
}
