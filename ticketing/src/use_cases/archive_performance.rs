//! Moves past performances, and holds that ended long ago, out of the way of what sells (decision 33), a page at a time, from wherever
//! it was left. A performance is archived from one moment on, with an event, and cannot be changed any more; its rows follow. What
//! happens to its orders later brings their tickets back, and here they are moved again.

use std::collections::HashMap;

use foundation::{
    Cell, Code, Error, Result, event,
    id::{HoldId, PerformanceId, ResellerId},
};
use serde_json::json;

use super::add_performance::performance_event;
use crate::store::{
    archive::{self, Stage},
    due, performances,
};

/// How many tickets, or guests, one look at a performance moves.
pub const PAGE: i64 = 2_000;

/// Moves a page of everything that is due in a cell. Gives how many rows were moved: with none left, nothing is due now.
///
/// # Errors
/// If what is due cannot be read.
pub async fn archive_due(cell: &Cell) -> Result<usize> {
    let mut moved = 0;
    for (reseller, performance) in due::performances_over(cell).await? {
        match archive_performance(cell, reseller, performance).await {
            Ok(rows) => moved += rows,
            // Somebody else is at it; the next look finds it again.
            Err(Error::Refused(refusal)) if refusal.code == Code::Busy => {}
            Err(error) => {
                tracing::warn!(%error, %performance, "a performance could not be archived; it is tried again in a day");
                postpone(cell, reseller, performance).await?;
            }
        }
    }
    let mut holds: HashMap<ResellerId, Vec<HoldId>> = HashMap::new();
    for (reseller, hold) in due::holds_ended(cell).await? {
        holds.entry(reseller).or_default().push(hold);
    }
    for (reseller, ids) in holds {
        match archive_holds(cell, reseller, &ids).await {
            Ok(rows) => moved += rows,
            Err(error) => tracing::warn!(%error, %reseller, "holds could not be archived; it is tried again"),
        }
    }
    Ok(moved)
}

/// Archives a performance whose time has come and of which nothing is under way, or goes on moving its rows. Gives how many rows were
/// moved, or one where it had none.
///
/// # Errors
/// `not_found`; the database's.
pub async fn archive_performance(cell: &Cell, reseller: ResellerId, id: PerformanceId) -> Result<usize> {
    let mut tx = cell.tenant(reseller).await?;
    // Exclusive: whoever is changing it is waited for, and whoever comes after sees that it is archived.
    performances::lock(&mut tx, &[id], true).await?;
    let now = tx.now().await?;
    let stage = archive::stage(&mut tx, id, now).await?;
    let may_wait = matches!(stage, Stage::Due | Stage::Returned);
    if stage == Stage::NotDue || (may_wait && archive::is_kept(&mut tx, id, now).await?) {
        if may_wait {
            archive::postpone(&mut tx, id, now).await?;
            tx.commit().await?;
        }
        return Ok(0);
    }
    if stage == Stage::Due {
        let (tickets, _) = archive::close(&mut tx, id, now).await?;
        let mut told = performance_event("performance.archived", &performances::get(&mut tx, id).await?);
        told.data["archived_at"] = json!(now);
        told.data["tickets"] = json!(tickets);
        event::append(&mut tx, &[told]).await?;
    }
    let mut moved = archive::move_tickets(&mut tx, id, PAGE).await?;
    let page = usize::try_from(PAGE).unwrap_or(usize::MAX);
    if moved < page {
        let guests = archive::move_guests(&mut tx, id, PAGE).await?;
        if guests < page {
            archive::finish(&mut tx, id).await?;
        }
        moved += guests;
    }
    tx.commit().await?;
    Ok(moved.max(1))
}

/// Has a performance looked at again a day later, so that it keeps no other waiting.
async fn postpone(cell: &Cell, reseller: ResellerId, id: PerformanceId) -> Result<()> {
    let mut tx = cell.tenant(reseller).await?;
    let now = tx.now().await?;
    archive::postpone(&mut tx, id, now).await?;
    Ok(tx.commit().await?)
}

async fn archive_holds(cell: &Cell, reseller: ResellerId, ids: &[HoldId]) -> Result<usize> {
    let mut tx = cell.tenant(reseller).await?;
    let moved = archive::move_holds(&mut tx, ids).await?;
    tx.commit().await?;
    Ok(moved)
}
