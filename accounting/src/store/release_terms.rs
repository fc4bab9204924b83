//! The table `release_terms`: when a reseller's money becomes available, and what is charged by the month.

use foundation::{Error, Instant, Money, Result, TenantTx};
use rust_decimal::Decimal;

use super::journals::read_currency;
use crate::{HostingTerms, ReleaseTerms};

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
    write(tx, terms, true).await
}

/// Writes the terms; over those that are there only where that is said. What is charged by the month stays as it is: nothing, in a row that
/// is new.
async fn write(tx: &mut TenantTx, terms: &ReleaseTerms, over: bool) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into release_terms (reseller_id, release_after_days, reserve_percentage, reserve_days)
         values ($1, $2, $3, $4)
         on conflict (reseller_id) do update
         set release_after_days = excluded.release_after_days, reserve_percentage = excluded.reserve_percentage,
             reserve_days = excluded.reserve_days
         where $5",
    )
    .bind(reseller)
    .bind(terms.release_after_days().cast_signed())
    .bind(terms.reserve_percentage())
    .bind(terms.reserve_days().cast_signed())
    .bind(over)
    .execute(tx.conn())
    .await?;
    Ok(())
}

fn read_hosting((fee, code, tax_rate): (Decimal, String, Decimal)) -> Result<HostingTerms> {
    HostingTerms::new(Money::rounded(fee, read_currency(&code)?), tax_rate.normalize())
        .map_err(|refused| Error::Inconsistent(format!("stored hosting terms: {refused}")))
}

/// What is charged by the month, if anything is.
pub(crate) async fn hosting(tx: &mut TenantTx) -> Result<Option<HostingTerms>> {
    let reseller = tx.reseller();
    let row: Option<(Decimal, String, Decimal)> = sqlx::query_as(
        "select hosting_fee, hosting_currency::text, hosting_tax_rate from release_terms
         where reseller_id = $1 and hosting_due_at is not null",
    )
    .bind(reseller)
    .fetch_optional(tx.conn())
    .await?;
    row.map(read_hosting).transpose()
}

/// Sets it, or that nothing is. The month that runs is charged at its end, as every one.
pub(crate) async fn set_hosting(tx: &mut TenantTx, hosting: Option<&HostingTerms>) -> Result<()> {
    // The terms of release beside it are somebody else's to change.
    write(tx, &ReleaseTerms::default(), false).await?;
    let reseller = tx.reseller();
    sqlx::query(
        "update release_terms set hosting_fee = $2, hosting_currency = $3, hosting_tax_rate = $4,
             hosting_due_at = case when $2 is null then null else coalesce(hosting_due_at,
                 (date_trunc('month', cell_now() at time zone 'UTC') + interval '1 month') at time zone 'UTC') end
         where reseller_id = $1",
    )
    .bind(reseller)
    .bind(hosting.map(|terms| terms.fee().amount()))
    .bind(hosting.map(|terms| terms.currency().code()))
    .bind(hosting.map(HostingTerms::tax_rate))
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes the oldest month that has ended and was not charged, so that nobody else does: its first moment, and the terms.
pub(crate) async fn take_hosting(tx: &mut TenantTx) -> Result<Option<(Instant, HostingTerms)>> {
    let reseller = tx.reseller();
    let row: Option<(Instant, Decimal, String, Decimal)> = sqlx::query_as(
        "update release_terms
         set hosting_due_at = (hosting_due_at at time zone 'UTC' + interval '1 month') at time zone 'UTC'
         where reseller_id = $1 and hosting_due_at <= cell_now()
         returning (hosting_due_at at time zone 'UTC' - interval '2 months') at time zone 'UTC',
                   hosting_fee, hosting_currency::text, hosting_tax_rate",
    )
    .bind(reseller)
    .fetch_optional(tx.conn())
    .await?;
    let Some((month, fee, code, tax_rate)) = row else { return Ok(None) };
    Ok(Some((month, read_hosting((fee, code, tax_rate))?)))
}
