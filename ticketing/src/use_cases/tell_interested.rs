//! Tells those who are interested in a performance that it is on sale: each once, a page at a time.

use foundation::{
    Cell, Result, event,
    id::{PerformanceId, ResellerId},
};
use serde_json::json;

use super::tell_waiting::tell_interest;
use crate::{
    rules::invitation::Call,
    store::{interests, performances},
};

/// How many are told in one transaction.
const PAGE: i64 = 200;

/// Tells the next of them. Gives how many.
///
/// # Errors
/// The database's.
pub(super) async fn tell_interested(cell: &Cell, reseller: ResellerId, id: PerformanceId) -> Result<usize> {
    let mut tx = cell.tenant(reseller).await?;
    let Some(told) = interests::lock_call(&mut tx, id).await? else { return Ok(0) };
    let performance = performances::get(&mut tx, id).await?;
    let now = tx.now().await?;
    let page = interests::take_to_tell(&mut tx, performance.show, id, now, PAGE).await?;
    for interest in &page {
        tell_interest(&mut tx, interest, Some(id), Call::SaleOpened).await?;
    }
    let told = told.saturating_add(i32::try_from(page.len()).unwrap_or(i32::MAX));
    let over = i64::try_from(page.len()).unwrap_or(PAGE) < PAGE;
    interests::note_told(&mut tx, id, told, over).await?;
    if over {
        let data = json!({ "id": id, "show_id": performance.show, "told": told });
        let event = event::NewEvent {
            kind: "performance.interest_told",
            object: "performance",
            object_id: id.uuid(),
            version: None,
            data,
        };
        event::append(&mut tx, &[event]).await?;
    }
    tx.commit().await?;
    Ok(page.len())
}
