//! The table `open_periods`: what open periods come to up to a place. Derived; the rows are what counts.

use foundation::{Currency, Result, TenantTx};
use sqlx::types::Json;

use crate::rules::settlement::book::Kept;

/// How many places the books go on beyond what is kept.
pub(crate) async fn behind(tx: &mut TenantTx) -> Result<i64> {
    let reseller = tx.reseller();
    let behind: Option<i64> = sqlx::query_scalar(
        "select h.position - coalesce((select min(o.last_position) from open_periods o where o.reseller_id = $1), 0)
         from journal_heads h where h.reseller_id = $1",
    )
    .bind(reseller)
    .fetch_optional(tx.conn())
    .await?;
    Ok(behind.unwrap_or_default())
}

/// What is kept of a currency's open period, which goes on after this place, and up to which place.
pub(crate) async fn find(tx: &mut TenantTx, currency: Currency, after: i64) -> Result<Option<(i64, Kept)>> {
    let reseller = tx.reseller();
    let kept: Option<(i64, Json<Kept>)> = sqlx::query_as(
        "select last_position, kept from open_periods where reseller_id = $1 and currency = $2 and after_position = $3",
    )
    .bind(reseller)
    .bind(currency.code())
    .bind(after)
    .fetch_optional(tx.conn())
    .await?;
    Ok(kept.map(|(last, kept)| (last, kept.0)))
}

/// Keeps what a currency's open period, which goes on after this place, comes to up to another one; not where more of it is kept already.
pub(crate) async fn keep(tx: &mut TenantTx, currency: Currency, (after, last): (i64, i64), kept: &Kept) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into open_periods as o (reseller_id, currency, after_position, last_position, kept) values ($1, $2, $3, $4, $5)
         on conflict (reseller_id, currency) do update
         set after_position = excluded.after_position, last_position = excluded.last_position, kept = excluded.kept
         where (excluded.after_position, excluded.last_position) > (o.after_position, o.last_position)",
    )
    .bind(reseller)
    .bind(currency.code())
    .bind(after)
    .bind(last)
    .bind(Json(kept))
    .execute(tx.conn())
    .await?;
    Ok(())
}
