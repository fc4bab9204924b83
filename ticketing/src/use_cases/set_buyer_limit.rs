//! Sets how many tickets one buyer may have, of a performance or of a show. It binds who holds and orders from then on; what a
//! buyer has already stays.

use foundation::{
    Refusal, Result, TenantTx, event,
    id::{PerformanceId, ShowId},
    version::IfVersion,
};

use super::{add_performance::performance_event, create_show::show_event, stale};
use crate::{
    rules::limit::{BUYER_MAX, BUYER_MAX_LIMIT, BuyerMax, Per},
    store::{limits, performances, shows},
};

/// A maximum per buyer as it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuyerLimit {
    /// As set; none where it follows what stands above it.
    pub max: Option<i32>,
    /// What holds.
    pub in_force: i32,
    /// Over what a buyer's tickets count.
    pub per: Per,
    /// The version of the performance or show.
    pub version: i64,
}

impl BuyerLimit {
    fn of(max: BuyerMax, version: i64) -> Self {
        let in_force = max.own.or(max.of_show).unwrap_or(BUYER_MAX);
        let per = if max.own.is_some() { Per::Performance } else { max.per };
        Self { max: max.own, in_force, per, version }
    }
}

/// The maximum per buyer of a performance.
///
/// # Errors
/// `not_found`.
pub async fn of_performance(tx: &mut TenantTx, id: PerformanceId) -> Result<BuyerLimit> {
    let version = performances::get(tx, id).await?.version;
    let max = limits::buyer_max(tx, &[id]).await?;
    let max = max.first().ok_or_else(|| Refusal::missing("performance"))?;
    Ok(BuyerLimit::of(*max, version))
}

/// The maximum per buyer of a show.
///
/// # Errors
/// `not_found`.
pub async fn of_show(tx: &mut TenantTx, id: ShowId) -> Result<BuyerLimit> {
    let (max, per, version) = limits::of_show(tx, id).await?.ok_or_else(|| Refusal::missing("show"))?;
    Ok(BuyerLimit { max, in_force: max.unwrap_or(BUYER_MAX), per, version })
}

/// Sets a performance's own maximum, unless it is left as it is; `Some(None)`: the show's. Waits for the holds that are being made. Where nothing
/// changes, nothing is written.
///
/// # Errors
/// `not_found`, `performance_archived`, `if_match_stale`, `invalid_field`.
pub async fn set_of_performance(
    tx: &mut TenantTx,
    id: PerformanceId,
    version: impl Into<IfVersion>,
    max: Option<Option<i32>>,
) -> Result<BuyerLimit> {
    check(max.flatten())?;
    performances::lock_to_change(tx, id).await?;
    let mut performance = performances::get(tx, id).await?;
    if !version.into().admits(performance.version) {
        return Err(stale().into());
    }
    let before = of_performance(tx, id).await?;
    let max = max.unwrap_or(before.max);
    if max == before.max {
        return Ok(before);
    }
    performance.version = limits::set_of_performance(tx, id, max).await?;
    event::append(tx, &[performance_event("performance.updated", &performance)]).await?;
    of_performance(tx, id).await
}

/// Sets a show's maximum (`Some(None)`: the usual one) and over what it counts, each unless it is left as it is. Where nothing changes, nothing is
/// written.
///
/// # Errors
/// `not_found`, `if_match_stale`, `invalid_field`.
pub async fn set_of_show(
    tx: &mut TenantTx,
    id: ShowId,
    version: impl Into<IfVersion>,
    max: Option<Option<i32>>,
    per: Option<Per>,
) -> Result<BuyerLimit> {
    check(max.flatten())?;
    shows::lock(tx, id).await?;
    let mut show = shows::get(tx, id).await?;
    if !version.into().admits(show.version) {
        return Err(stale().into());
    }
    let performances: Vec<PerformanceId> = show.performances.iter().map(|performance| performance.id).collect();
    performances::lock(tx, &performances, true).await?;
    let before = of_show(tx, id).await?;
    let (max, per) = (max.unwrap_or(before.max), per.unwrap_or(before.per));
    if (max, per) == (before.max, before.per) {
        return Ok(before);
    }
    show.version = limits::set_of_show(tx, id, show.version, max, per).await?.ok_or_else(stale)?;
    event::append(tx, &[show_event("show.updated", &show)]).await?;
    of_show(tx, id).await
}

fn check(max: Option<i32>) -> Result<(), Refusal> {
    if max.is_none_or(|max| (1..=BUYER_MAX_LIMIT).contains(&max)) {
        return Ok(());
    }
    Err(Refusal::field("/max_tickets", format!("must be 1 to {BUYER_MAX_LIMIT}, or null for what stands above it")))
}
