//! Up to when the provider's own list of events has been read, per account.

use foundation::{Cell, Mode, Result};

/// The second, since 1970 by the provider's clock, up to which the list was read to its end; none if it never was.
///
/// # Errors
/// The database's.
pub async fn read_until(cell: &Cell, mode: Mode) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar("select read_until from provider_logs where mode = $1")
        .bind(mode)
        .fetch_optional(cell.workers())
        .await?)
}

/// Notes that it was read up to this second. It never goes back, whoever else reads.
///
/// # Errors
/// The database's.
pub async fn note(cell: &Cell, mode: Mode, until: i64) -> Result<()> {
    sqlx::query(
        "insert into provider_logs (mode, read_until) values ($1, $2)
         on conflict (mode) do update set read_until = greatest(provider_logs.read_until, excluded.read_until)",
    )
    .bind(mode)
    .bind(until)
    .execute(cell.workers())
    .await?;
    Ok(())
}
