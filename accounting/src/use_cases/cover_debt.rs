//! Pays what a reseller owes out of what is kept back of its money.

use foundation::{Currency, Result, TenantTx};
use rust_decimal::Decimal;

use super::available::lock_available;
use crate::{PerformanceMoney, post_all, store::performance_money};

/// Where less than nothing is available, takes what is missing from the reserves, of those first that would be free first, as far as
/// they reach. Gives how much that was (major unit).
///
/// # Errors
/// If the database does not answer.
pub async fn cover_debt(tx: &mut TenantTx, currency: Currency) -> Result<Decimal> {
    let missing = -lock_available(tx, currency).await?;
    if missing <= Decimal::ZERO {
        return Ok(Decimal::ZERO);
    }
    let taken = performance_money::use_reserve(tx, currency, missing).await?;
    let journals = taken
        .iter()
        .map(|(performance, amount, nth)| {
            PerformanceMoney { performance: *performance, currency, amount: *amount }.used(*nth)
        })
        .collect::<Result<Vec<_>, _>>()?;
    post_all(tx, &journals).await?;
    Ok(taken.iter().map(|(_, amount, _)| *amount).sum())
}
