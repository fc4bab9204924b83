//! Releases the money of a performance: what was pending can be paid out, but for what is kept back.

use foundation::{Currency, Result, TenantTx, id::PerformanceId};
use rust_decimal::Decimal;

use crate::{
    PerformanceMoney, post_all,
    store::{balances, performance_money, release_terms},
};

/// Releases all pending money of a performance in one currency, once; what comes of it later is available at once. That its time has
/// come is the caller's to see to. Gives how much was released (major unit, below zero for a debt); none if that was done before.
///
/// # Errors
/// If the database does not answer.
pub async fn release(tx: &mut TenantTx, performance: PerformanceId, currency: Currency) -> Result<Option<Decimal>> {
    // Nothing is posted from here on but by this transaction: what is counted is all there is.
    balances::lock(tx, currency).await?;
    if performance_money::is_released(tx, performance, currency).await? {
        return Ok(None);
    }
    let terms = release_terms::get(tx).await?;
    let amount = performance_money::take(tx, performance, currency).await?;
    let reserved = terms.reserve_of(amount, currency);
    let now = tx.now().await?;
    let until = now.plus(terms.reserved_for());
    if !performance_money::note_release(tx, (performance, currency), (amount, reserved), (now, until)).await? {
        return Ok(None);
    }
    let money = PerformanceMoney { performance, currency, amount };
    let mut journals = Vec::new();
    if !amount.is_zero() {
        journals.push(money.released()?);
    }
    if !reserved.is_zero() {
        journals.push(PerformanceMoney { amount: reserved, ..money }.held()?);
    }
    post_all(tx, &journals).await?;
    Ok(Some(amount))
}
