//! Releases the money of a performance that is over.

use foundation::{
    Cell, Result,
    id::{PerformanceId, ResellerId},
};

use crate::store::due_money;

/// Releases it if its time has come, once, whoever else tries. Says whether it did. A process that dies in it leaves nothing done.
///
/// # Errors
/// The database's.
pub async fn release_performance(cell: &Cell, reseller: ResellerId, performance: PerformanceId) -> Result<bool> {
    let mut tx = cell.tenant(reseller).await?;
    let after = accounting::release_terms(&mut tx).await?.release_after_days();
    let Some(currency) = due_money::take_release(&mut tx, performance, after).await? else { return Ok(false) };
    accounting::release(&mut tx, performance, currency).await?;
    tx.commit().await?;
    Ok(true)
}
