//! The SQL of how a reseller is paid out. Without a row: only when it says so, and to no account yet.

use foundation::{Instant, Result, TenantTx};
use rust_decimal::Decimal;

use super::known;
use crate::rules::payout::{Every, PayoutSettings, Schedule};

type Row = (String, Option<i16>, Decimal, Option<String>, Instant, i64);

const COLUMNS: &str =
    "select every, on_day, minimum, provider_account, next_at, version from payout_settings where reseller_id = $1";

fn read((every, on_day, minimum, account, next_at, version): Row) -> Result<PayoutSettings> {
    let every = known("how often is paid out", &every, Every::parse(&every))?;
    let on_day = on_day.and_then(|day| i8::try_from(day).ok());
    let schedule = Schedule::new(every, on_day, minimum.normalize())
        .map_err(|refused| foundation::Error::Inconsistent(format!("stored schedule: {refused}")))?;
    Ok(PayoutSettings { schedule, account, next_at, version })
}

/// The settings in force.
///
/// # Errors
/// The database's.
pub async fn get(tx: &mut TenantTx) -> Result<PayoutSettings> {
    let reseller = tx.reseller();
    let row: Option<Row> = sqlx::query_as(COLUMNS).bind(reseller).fetch_optional(tx.conn()).await?;
    row.map_or_else(|| Ok(PayoutSettings::default()), read)
}

/// The same, locked; from here on they have a row.
///
/// # Errors
/// The database's.
pub async fn lock(tx: &mut TenantTx) -> Result<PayoutSettings> {
    let reseller = tx.reseller();
    sqlx::query("insert into payout_settings (reseller_id) values ($1) on conflict do nothing")
        .bind(reseller)
        .execute(tx.conn())
        .await?;
    sqlx::query("select 1 from payout_settings where reseller_id = $1 for update")
        .bind(reseller)
        .execute(tx.conn())
        .await?;
    get(tx).await
}

/// Writes the schedule of locked settings.
///
/// # Errors
/// The database's.
pub async fn set_schedule(tx: &mut TenantTx, schedule: &Schedule, next_at: Instant) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "update payout_settings set every = $2, on_day = $3, minimum = $4, next_at = $5, version = version + 1
         where reseller_id = $1",
    )
    .bind(reseller)
    .bind(schedule.every().as_str())
    .bind(schedule.on_day().map(i16::from))
    .bind(schedule.minimum())
    .bind(next_at)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Notes when the schedule pays out next. That is no change that anybody made.
///
/// # Errors
/// The database's.
pub async fn set_next(tx: &mut TenantTx, next_at: Instant) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query("update payout_settings set next_at = $2 where reseller_id = $1")
        .bind(reseller)
        .bind(next_at)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Notes the reseller's account at the provider; the first that is noted stays.
///
/// # Errors
/// The database's.
pub async fn set_account(tx: &mut TenantTx, account: &str) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "update payout_settings set provider_account = $2, version = version + 1
         where reseller_id = $1 and provider_account is null",
    )
    .bind(reseller)
    .bind(account)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whether the reseller is suspended.
///
/// # Errors
/// The database's.
pub async fn is_suspended(tx: &mut TenantTx) -> Result<bool> {
    let reseller = tx.reseller();
    let sql = "select exists (select from resellers where reseller_id = $1 and state = 'suspended')";
    Ok(sqlx::query_scalar(sql).bind(reseller).fetch_one(tx.conn()).await?)
}
