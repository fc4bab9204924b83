//! The table `release_terms`: when a reseller's money becomes available.

use foundation::{Error, Result, TenantTx};
use rust_decimal::Decimal;

use crate::ReleaseTerms;

pub(crate) async fn get(tx: &mut TenantTx) -> Result<ReleaseTerms> {
    let reseller = tx.reseller();
    let row: Option<(i16, Decimal, i16)> = sqlx::query_as(
        "select release_after_days, reserve_percentage, reserve_days from release_terms where reseller_id = $1",
    )
    .bind(reseller)
    .fetch_optional(tx.conn())
    .await?;
    let Some((after, percentage, days)) = row else { return Ok(ReleaseTerms::default()) };
    ReleaseTerms::new(after.unsigned_abs(), percentage.normalize(), days.unsigned_abs())
        .map_err(|refused| Error::Inconsistent(format!("stored release terms: {refused}")))
}

pub(crate) async fn set(tx: &mut TenantTx, terms: &ReleaseTerms) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into release_terms (reseller_id, release_after_days, reserve_percentage, reserve_days)
         values ($1, $2, $3, $4)
         on conflict (reseller_id) do update set release_after_days = excluded.release_after_days,
             reserve_percentage = excluded.reserve_percentage, reserve_days = excluded.reserve_days",
    )
    .bind(reseller)
    .bind(terms.release_after_days().cast_signed())
    .bind(terms.reserve_percentage())
    .bind(terms.reserve_days().cast_signed())
    .execute(tx.conn())
    .await?;
    Ok(())
}
