//! The inbox of the provider's callbacks: each is stored once, in the transaction that applies it.

use foundation::{Cell, Result, TenantTx};
use serde_json::Value;

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
