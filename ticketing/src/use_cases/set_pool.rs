//! Creates and changes pools. Both wait for the holds that are being made and are seen by all that come after.

use foundation::{
    Refusal, Result, TenantTx, event,
    id::{PerformanceId, PoolId},
    version::IfVersion,
};
use serde_json::json;

use super::{set_sale_round::fit, stale};
use crate::{
    rules::sale_round::Pool,
    store::{claims, offers, performances, pools},
};

/// The most pools of a performance.
const POOLS_MAX: usize = 50;

/// Creates a pool, before anything of its performance is held: what was sold before is not counted.
///
/// # Errors
/// `not_found`, `performance_archived`, `invalid_field`, `name_taken`, `tickets_in_use`.
pub async fn create_pool(tx: &mut TenantTx, pool: &Pool) -> Result<()> {
    performances::lock_to_change(tx, pool.performance).await?;
    performances::get(tx, pool.performance).await?;
    pool.check(&offers::of_performance(tx, pool.performance).await?)?;
    if claims::any_ever(tx, pool.performance).await? {
        let detail = "Tickets of the performance were held or sold; a pool counts from the first one or not at all.";
        return Err(Refusal::new(foundation::Code::TicketsInUse, detail).into());
    }
    if pools::of_performances(tx, &[pool.performance]).await?.len() >= POOLS_MAX {
        return Err(Refusal::field("/name", format!("is one of {POOLS_MAX} pools already; that is the most")).into());
    }
    pools::insert(tx, pool).await?;
    Ok(event::append(tx, &[pool_event("pool.created", pool)]).await?)
}

/// Changes the name and capacity of the pool of this version.
///
/// # Errors
/// `not_found`, `performance_archived`, `if_match_stale`, `invalid_field` (a capacity below what is sold and held), `name_taken`.
pub async fn update_pool(
    tx: &mut TenantTx,
    performance: PerformanceId,
    id: PoolId,
    version: impl Into<IfVersion>,
    (name, capacity): (Option<String>, Option<i32>),
) -> Result<Pool> {
    performances::lock_to_change(tx, performance).await?;
    let mut pool = pools::get(tx, performance, id).await?;
    if !version.into().admits(pool.version) {
        return Err(stale().into());
    }
    let was = pool.clone();
    pool.name = name.unwrap_or(pool.name);
    pool.capacity = capacity.unwrap_or(was.capacity);
    if pool == was {
        return Ok(pool);
    }
    pool.check(&offers::of_performance(tx, performance).await?)?;
    if pool.capacity != was.capacity {
        fit(tx, id.uuid(), pool.capacity).await?;
    }
    pool.version = pools::update(tx, &pool).await?;
    event::append(tx, &[pool_event("pool.updated", &pool)]).await?;
    Ok(pool)
}

pub(super) fn pool_event(kind: &'static str, pool: &Pool) -> event::NewEvent {
    let data = json!({
        "id": pool.id, "performance_id": pool.performance, "name": pool.name, "capacity": pool.capacity, "offer_ids": pool.offers,
    });
    event::NewEvent::of(kind, "pool", pool.id, pool.version, data)
}
