//! Tells that a performance is on sale: its window or its first sale round has opened, its show was published, or its sales go on
//! after a stop. Whatever the reason, it is found here and told once.

use foundation::{
    Cell, Result, event,
    id::{PerformanceId, ResellerId},
};

use super::add_performance::performance_event;
use crate::store::{interests, performances, shows};

/// Tells it, unless it was told, or is no longer so.
///
/// # Errors
/// The database's.
pub(super) async fn tell_on_sale(cell: &Cell, reseller: ResellerId, id: PerformanceId) -> Result<()> {
    let mut tx = cell.tenant(reseller).await?;
    // Who registers interest at the same time is waited for, and told as well.
    let show = performances::get(&mut tx, id).await?.show;
    shows::lock(&mut tx, show).await?;
    if !performances::note_on_sale_told(&mut tx, id).await? {
        return Ok(());
    }
    let performance = performances::get(&mut tx, id).await?;
    let told = event::NewEvent { version: None, ..performance_event("performance.on_sale", &performance) };
    event::append(&mut tx, &[told]).await?;
    interests::call(&mut tx, show, id).await?;
    Ok(tx.commit().await?)
}
