//! The table `open_periods`: what open periods come to up to a place. Derived; the rows are what counts,
//! so that what is of another format or cannot be read is as good as nothing.

use foundation::{Currency, Result, TenantTx};
use serde_json::Value;
use sqlx::types::Json;

use crate::rules::settlement::book::Kept;

/// Before any place: what is kept up to here is nothing.
const NOTHING: i64 = -1;

/// How many places the books go on beyond what is kept, of the currency of which that is the most.
pub(crate) async fn behind(tx: &mut TenantTx) -> Result<i64> {
    let reseller = tx.reseller();
    let behind: Option<i64> = sqlx::query_scalar(
        "select max(h.position - greatest(coalesce(o.last_position, 0), 0))
         from journal_heads h
         cross join (select distinct currency from account_balances where reseller_id = $1) used
         left join open_periods o on o.reseller_id = $1 and o.currency = used.currency
         where h.reseller_id = $1",
    )
    .bind(reseller)
    .fetch_one(tx.conn())
    .await?;
    Ok(behind.unwrap_or_default())
}

/// What is kept of a currency's open period, which goes on after this place, and up to which place; none where that cannot be read.
pub(crate) async fn find(tx: &mut TenantTx, currency: Currency, after: i64) -> Result<Option<(i64, Kept)>> {
    let kept = read(tx, currency, after).await?;
    Ok(kept.and_then(|(last, kept)| Some((last, kept?))))
}

async fn read(tx: &mut TenantTx, currency: Currency, after: i64) -> Result<Option<(i64, Option<Kept>)>> {
    let reseller = tx.reseller();
    let row: Option<(i64, i16, Json<Value>)> = sqlx::query_as(
        "select last_position, format, kept from open_periods
         where reseller_id = $1 and currency = $2 and after_position = $3",
    )
    .bind(reseller)
    .bind(currency.code())
    .bind(after)
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|(last, format, kept)| {
        let kept = (format == Kept::FORMAT).then(|| serde_json::from_value(kept.0).ok()).flatten();
        (last, kept)
    }))
}

/// Clears what is kept of a currency's open period, which goes on after this place, if it cannot be read: from here on it is made anew.
pub(crate) async fn clear_unreadable(tx: &mut TenantTx, currency: Currency, after: i64) -> Result<()> {
    if !matches!(read(tx, currency, after).await?, Some((_, None))) {
        return Ok(());
    }
    let reseller = tx.reseller();
    let cleared = sqlx::query(
        "update open_periods set after_position = $3, last_position = $3 where reseller_id = $1 and currency = $2 and after_position = $4",
    )
    .bind(reseller)
    .bind(currency.code())
    .bind(NOTHING)
    .bind(after)
    .execute(tx.conn())
    .await?;
    metrics::counter!("stagedoor_open_periods_made_anew_total").increment(cleared.rows_affected());
    Ok(())
}

/// Keeps what a currency's open period, which goes on after this place, comes to up to another one; not where more of it is kept already.
pub(crate) async fn keep(tx: &mut TenantTx, currency: Currency, (after, last): (i64, i64), kept: &Kept) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into open_periods as o (reseller_id, currency, after_position, last_position, format, kept)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (reseller_id, currency) do update
         set after_position = excluded.after_position, last_position = excluded.last_position, format = excluded.format,
             kept = excluded.kept
         where (excluded.after_position, excluded.last_position) > (o.after_position, o.last_position)",
    )
    .bind(reseller)
    .bind(currency.code())
    .bind(after)
    .bind(last)
    .bind(Kept::FORMAT)
    .bind(Json(kept))
    .execute(tx.conn())
    .await?;
    Ok(())
}
