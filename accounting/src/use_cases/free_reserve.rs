//! Frees what was kept back of a performance's money.

use foundation::{Currency, Result, TenantTx, id::PerformanceId};

use crate::{
    PerformanceMoney, post,
    store::{balances, performance_money},
};

/// Makes what was kept back of a performance's money available, once, when its time has come. Says whether it did.
///
/// # Errors
/// If the database does not answer.
pub async fn free_reserve(tx: &mut TenantTx, performance: PerformanceId, currency: Currency) -> Result<bool> {
    balances::lock(tx, currency).await?;
    let Some(amount) = performance_money::free_reserve(tx, performance, currency).await? else { return Ok(false) };
    post(tx, &PerformanceMoney { performance, currency, amount }.free_again()?).await?;
    Ok(true)
}
