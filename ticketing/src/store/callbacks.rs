//! The inbox of the provider's callbacks: each is stored once, in the transaction that applies it.

use std::collections::HashSet;

use foundation::{Cell, Result, TenantTx};
use serde_json::Value;

/// Whether a callback has not been applied yet.
///
/// # Errors
/// The database's.
pub async fn is_new(tx: &mut TenantTx, event: &str) -> Result<bool> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "select not exists (select from provider_callbacks where reseller_id = $1 and provider_event = $2)",
    )
    .bind(reseller)
    .bind(event)
    .fetch_one(tx.conn())
    .await?)
}

/// Which of these events of the provider were applied or parked, over all tenants.
///
/// # Errors
/// The database's.
pub async fn known(cell: &Cell, events: impl Iterator<Item = &str>) -> Result<HashSet<String>> {
    let events: Vec<&str> = events.collect();
    let found: Vec<String> = sqlx::query_scalar(
        "select provider_event from provider_callbacks where provider_event = any($1)
         union all select provider_event from parked_callbacks where provider_event = any($1)",
    )
    .bind(&events)
    .fetch_all(cell.workers())
    .await?;
    Ok(found.into_iter().collect())
}

/// Notes a callback as applied by this transaction. Gives whether it is the first time.
///
/// # Errors
/// The database's.
pub async fn first_time(tx: &mut TenantTx, event: &str, kind: &str, payload: &Value) -> Result<bool> {
    let reseller = tx.reseller();
    let inserted = sqlx::query(
        "insert into provider_callbacks (reseller_id, provider_event, type, payload, received_at, applied_at)
         values ($1, $2, $3, $4, clock_timestamp(), clock_timestamp()) on conflict do nothing",
    )
    .bind(reseller)
    .bind(event)
    .bind(kind)
    .bind(payload)
    .execute(tx.conn())
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Keeps a callback that names no tenant of this cell, for operators.
///
/// # Errors
/// The database's.
pub async fn park(cell: &Cell, event: &str, kind: &str, payload: &Value) -> Result<()> {
    sqlx::query(
        "insert into parked_callbacks (provider_event, type, payload, received_at)
         values ($1, $2, $3, clock_timestamp()) on conflict do nothing",
    )
    .bind(event)
    .bind(kind)
    .bind(payload)
    .execute(cell.workers())
    .await?;
    Ok(())
}
