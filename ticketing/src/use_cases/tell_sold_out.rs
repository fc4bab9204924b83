//! Tells that a performance is sold out, and that it is not any more. No sale does this: it would have to count. The log says which
//! performances anything has happened to; each of them is looked at once for all that, in the order of the log, and what has changed
//! is told. Nothing is missed by a crash, because how far the log was looked through is noted after it.

use foundation::{
    Cell, Result, TenantTx, event,
    id::{PerformanceId, ResellerId},
};

use super::{add_performance::performance_event, tell_purchased::tell_purchased};
use crate::store::{performances, sold_out};

/// Looks through what has been added to the tenants' logs, a piece of each.
///
/// # Errors
/// If it cannot be read whose log has grown.
pub(super) async fn tell_sold_out(cell: &Cell) -> Result<()> {
    let mut after = None;
    loop {
        let page = sold_out::grown(cell, after).await?;
        for reseller in &page {
            if let Err(error) = look(cell, *reseller).await {
                tracing::warn!(%error, %reseller, "what is sold out could not be told; it is tried again");
            }
        }
        after = page.last().copied();
        if i64::try_from(page.len()).unwrap_or(i64::MAX) < sold_out::TENANTS {
            return Ok(());
        }
    }
}

async fn look(cell: &Cell, reseller: ResellerId) -> Result<()> {
    let mut tx = cell.tenant(reseller).await?;
    let (stirred, position) = sold_out::stirred(&mut tx).await?;
    drop(tx);
    tell_purchased(cell, reseller, position).await?;
    // One that cannot be looked at keeps nobody from hearing of the others.
    let mut failed = Vec::new();
    for performance in stirred {
        if let Err(error) = look_at(cell, reseller, performance).await {
            tracing::warn!(%error, %performance, "whether it is sold out could not be told; it is tried again");
            failed.push(performance);
        }
    }
    let mut tx = cell.tenant(reseller).await?;
    sold_out::looked(&mut tx, position, &failed).await?;
    Ok(tx.commit().await?)
}

async fn look_at(cell: &Cell, reseller: ResellerId, id: PerformanceId) -> Result<()> {
    let mut tx = cell.tenant(reseller).await?;
    let Some(_) = news(&mut tx, id).await? else { return Ok(()) };
    // Only who has something to tell makes others wait; by then another process may have told it, or it is not so any more.
    performances::lock(&mut tx, &[id], true).await?;
    let Some(all_sold) = news(&mut tx, id).await? else { return Ok(()) };
    sold_out::note(&mut tx, id, all_sold).await?;
    let performance = performances::get(&mut tx, id).await?;
    let kind = if all_sold { "performance.sold_out" } else { "performance.available_again" };
    let told = event::NewEvent { version: None, ..performance_event(kind, &performance) };
    event::append(&mut tx, &[told]).await?;
    Ok(tx.commit().await?)
}

/// Whether all of a performance is sold, where that was not told.
async fn news(tx: &mut TenantTx, id: PerformanceId) -> Result<Option<bool>> {
    let Some(standing) = sold_out::standing(tx, id).await? else { return Ok(None) };
    let news = standing.lives && standing.all_sold != standing.told.is_some();
    Ok(news.then_some(standing.all_sold))
}
