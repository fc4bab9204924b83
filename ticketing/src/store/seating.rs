//! The SQL of what a performance's reseller has set about choosing seats.

use foundation::{Instant, Result, TenantTx, id::PerformanceId};

use super::known;
use crate::rules::seating::{SeatingRules, SingleSeats};

/// What was set for a performance, if there is one.
///
/// # Errors
/// The database's.
pub async fn rules(tx: &mut TenantTx, performance: PerformanceId) -> Result<Option<SeatingRules>> {
    let reseller = tx.reseller();
    let row: Option<(Option<Instant>, String)> = sqlx::query_as(
        "select accessible_until, single_seats from performances where reseller_id = $1 and performance_id = $2",
    )
    .bind(reseller)
    .bind(performance)
    .fetch_optional(tx.conn())
    .await?;
    row.map(|(accessible_until, single_seats)| {
        let single_seats = known("a rule of single seats", &single_seats, SingleSeats::parse(&single_seats))?;
        Ok(SeatingRules { accessible_until, single_seats })
    })
    .transpose()
}

/// Sets it for a locked performance; every memory reads it anew before it proposes anything. Gives the performance's new version.
///
/// # Errors
/// The database's.
pub async fn set_rules(tx: &mut TenantTx, performance: PerformanceId, rules: SeatingRules) -> Result<i64> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "update performances set accessible_until = $3, single_seats = $4,
                                 stock_epoch = stock_epoch + 1, version = version + 1
         where reseller_id = $1 and performance_id = $2 returning version",
    )
    .bind(reseller)
    .bind(performance)
    .bind(rules.accessible_until)
    .bind(rules.single_seats.as_str())
    .fetch_one(tx.conn())
    .await?)
}

/// Gives another date what is set for this one: what is kept until so long before the start is so there too.
///
/// # Errors
/// The database's.
pub async fn copy_rules(tx: &mut TenantTx, from: PerformanceId, to: PerformanceId) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "update performances date set single_seats = own.single_seats,
                accessible_until = own.accessible_until + (date.starts_at - own.starts_at)
         from performances own
         where own.reseller_id = $1 and own.performance_id = $2 and date.reseller_id = $1 and date.performance_id = $3",
    )
    .bind(reseller)
    .bind(from)
    .bind(to)
    .execute(tx.conn())
    .await?;
    Ok(())
}
