//! Tells those who are interested in a performance that it is on sale: each once, a page at a time.

use foundation::{
    Cell, Result, event,
    id::{PerformanceId, ResellerId, SaleRoundId},
};
use serde_json::json;

use super::tell_waiting::tell_interest;
use crate::{
    rules::{
        invitation::Call,
        performance::{Performance, PerformanceState, on_sale},
        sale_round::list,
    },
    store::{interests, performances, sale_rounds, shows},
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
    let page = interests::take_to_tell(&mut tx, performance.show, (id, None), now, PAGE).await?;
    for interest in &page {
        tell_interest(&mut tx, interest, Some(id), Call::SaleOpened).await?;
    }
    let told = told.saturating_add(i32::try_from(page.len()).unwrap_or(i32::MAX));
    let over = i64::try_from(page.len()).unwrap_or(PAGE) < PAGE;
    interests::note_told(&mut tx, id, told, over).await?;
    if over {
        event::append(&mut tx, &[interest_told(&performance, None, told)]).await?;
    }
    tx.commit().await?;
    Ok(page.len())
}

fn interest_told(of: &Performance, round: Option<SaleRoundId>, told: i32) -> event::NewEvent {
    let data = json!({ "id": of.id, "show_id": of.show, "sale_round_id": round, "told": told });
    let (kind, object, object_id) = ("performance.interest_told", "performance", of.id.uuid());
    event::NewEvent { kind, object, object_id, version: None, data }
}

/// Tells the next of those who wait for a sale round that it has opened, if it sells now. Gives how many.
///
/// # Errors
/// The database's.
pub(super) async fn tell_of_round(
    cell: &Cell,
    reseller: ResellerId,
    id: PerformanceId,
    round: SaleRoundId,
) -> Result<usize> {
    let mut tx = cell.tenant(reseller).await?;
    // Who registers at the same time is waited for, and told as well.
    let show = performances::get(&mut tx, id).await?.show;
    shows::lock(&mut tx, show).await?;
    let performance = performances::get(&mut tx, id).await?;
    let (state, times, now) = (performance.state, performance.times, tx.now().await?);
    let opened =
        on_sale(shows::get(&mut tx, show).await?.state, state, times.on_sale_at, times.off_sale_at, now).is_ok();
    let rounds = sale_rounds::of_performances(&mut tx, &[id]).await?;
    let Some((of, opens_at)) = list::openings(&rounds).find(|(of, _)| of.id == round) else { return Ok(0) };
    let opened = opened && !of.closed(now) && opens_at.is_some_and(|opens| opens <= now);
    let over = state == PerformanceState::Cancelled || times.off_sale_at <= now || of.closed(now);
    if !opened && !over {
        return Ok(0);
    }
    let page =
        if opened { interests::take_to_tell(&mut tx, show, (id, Some(round)), now, PAGE).await? } else { Vec::new() };
    for interest in &page {
        tell_interest(&mut tx, interest, Some(id), Call::SaleOpened).await?;
    }
    if i64::try_from(page.len()).unwrap_or(PAGE) < PAGE {
        interests::round_waits(&mut tx, id, round, false).await?;
    }
    let told = i32::try_from(page.len()).unwrap_or(i32::MAX);
    if told > 0 {
        event::append(&mut tx, &[interest_told(&performance, Some(round), told)]).await?;
    }
    tx.commit().await?;
    Ok(page.len())
}
