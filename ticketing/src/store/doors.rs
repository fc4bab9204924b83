//! Reads what says when, to whom and how much of a performance is sold, for a memory.

use std::collections::HashMap;

use foundation::{Instant, Result, TenantTx, id::PerformanceId};
use uuid::Uuid;

use super::{performances, pools, sale_rounds, shows, waitlists};
use crate::rules::{availability::Door, waitlist::WaitedFor};

/// Reads it as it is now.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn read(tx: &mut TenantTx, id: PerformanceId, now: Instant) -> Result<Door> {
    let performance = performances::get(tx, id).await?;
    let mut show = shows::get(tx, performance.show).await?;
    // Memory has no use for them.
    show.performances.clear();
    show.description.clear();
    let rounds = sale_rounds::of_performances(tx, &[id]).await?;
    let pools = pools::of_performances(tx, &[id]).await?;
    let limits: Vec<Uuid> =
        rounds.iter().map(|round| round.id.uuid()).chain(pools.iter().map(|pool| pool.id.uuid())).collect();
    let taken = if limits.is_empty() { HashMap::new() } else { taken(tx, &limits, now).await? };
    let (state, times) = (performance.state, performance.times);
    let waited_for = match waitlists::wanted(tx, &[id]).await?.remove(&id) {
        Some(scopes) => Some(WaitedFor { scopes, leftovers: waitlists::leftovers(tx, id).await? }),
        None => None,
    };
    let (on_sale_at, off_sale_at) = (times.on_sale_at, times.off_sale_at);
    Ok(Door { show, state, on_sale_at, off_sale_at, rounds, pools, taken, waited_for })
}

/// How many of everybody's slots of these limits are taken.
///
/// # Errors
/// The database's.
pub async fn taken(tx: &mut TenantTx, limits: &[Uuid], now: Instant) -> Result<HashMap<Uuid, usize>> {
    let reseller = tx.reseller();
    let rows: Vec<(Uuid, i64)> = sqlx::query_as(
        "select limit_id, count(*) from all_slots
         where reseller_id = $1 and limit_id = any($2) and subject = '' and expires_at > $3 group by limit_id",
    )
    .bind(reseller)
    .bind(limits)
    .bind(now)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|(limit, many)| (limit, usize::try_from(many).unwrap_or(0))).collect())
}
