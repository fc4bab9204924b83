//! Forgets deliveries of long ago, and those of endpoints that were deleted, with their attempts, endpoint by endpoint and in small
//! pieces. The events stay in the log: each of them can be sent again on request.
//!
//! It never forgets what is still to be sent.

use std::time::Duration;

use foundation::{Cell, Error, Result};
use tokio_util::sync::CancellationToken;

use crate::{
    attempts::LaneId,
    lanes::start,
    store::{self, DELIVERIES_PAGE},
};

/// How long what came of a delivery is kept, by the tenant's clock.
pub(crate) const KEPT: Duration = Duration::from_hours(24 * 90);
/// Before each round.
const EVERY: Duration = Duration::from_hours(1);
/// Lanes read at a time.
const LANES_PAGE: usize = 500;

/// Forgets every hour until the shutdown; a round that fails is made up for by the next one.
pub(crate) async fn keep_forgetting(cell: &Cell, shutdown: &CancellationToken) {
    while shutdown.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
        if let Some(Err(error)) = shutdown.run_until_cancelled(forget(cell)).await {
            tracing::warn!(%error, cell = cell.name(), "deliveries of long ago could not be forgotten");
        }
    }
}

/// One round over all endpoints. Returns how many deliveries were forgotten.
pub(crate) async fn forget(cell: &Cell) -> Result<u64> {
    let (mut after, mut total) = (start(), clear_deleted(cell).await?);
    loop {
        let lanes = store::lanes_after(cell, after, LANES_PAGE).await?;
        for lane in &lanes {
            match forget_of(cell, *lane).await {
                Ok(forgotten) => total += forgotten,
                Err(error) => left_out(&error, *lane),
            }
        }
        let Some(last) = lanes.last().filter(|_| lanes.len() == LANES_PAGE) else { return Ok(total) };
        after = *last;
    }
}

/// What cannot be forgotten now keeps nothing else: it is made up for by the next round.
fn left_out(error: &Error, (reseller, endpoint): LaneId) {
    tracing::warn!(%error, %reseller, %endpoint, "deliveries of long ago could not be forgotten");
}

async fn clear_deleted(cell: &Cell) -> Result<u64> {
    let (mut total, mut failed) = (0, Vec::new());
    loop {
        let deleted = store::deleted_endpoints(cell, &failed, LANES_PAGE).await?;
        for lane in &deleted {
            // A page of each in turn: one of millions keeps no other waiting.
            match clear_page(cell, *lane).await {
                Ok(cleared) => total += cleared,
                Err(error) => {
                    left_out(&error, *lane);
                    failed.push(lane.1);
                }
            }
        }
        if deleted.is_empty() {
            return Ok(total);
        }
    }
}

async fn clear_page(cell: &Cell, (reseller, endpoint): LaneId) -> Result<u64> {
    let mut tx = cell.tenant(reseller).await?;
    let cleared = store::clear(&mut tx, endpoint).await?;
    tx.commit().await?;
    Ok(cleared)
}

async fn forget_of(cell: &Cell, (reseller, endpoint): LaneId) -> Result<u64> {
    let mut total = 0;
    loop {
        let mut tx = cell.tenant(reseller).await?;
        let forgotten = store::forget(&mut tx, endpoint, KEPT).await?;
        tx.commit().await?;
        total += forgotten;
        if forgotten < DELIVERIES_PAGE.unsigned_abs() {
            return Ok(total);
        }
    }
}
