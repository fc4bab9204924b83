//! What can be paid out, while nobody else moves it.

use foundation::{Currency, Result, TenantTx};
use rust_decimal::Decimal;

use crate::{Account, store::balances};

/// Locks the reseller's balances of a currency until the end of the transaction, and gives what is available (major unit, below
/// zero where the reseller owes). What was posted before is in it; what is posted after has to wait.
///
/// # Errors
/// If the database does not answer.
pub async fn lock_available(tx: &mut TenantTx, currency: Currency) -> Result<Decimal> {
    balances::lock(tx, currency).await?;
    // In a statement of its own, which sees what the lock waited for.
    Ok(currency.round(-balances::one(tx, Account::ResellerAvailable, currency).await?))
}

/// What is kept back of the reseller's money in a currency (major unit).
///
/// # Errors
/// If the database does not answer.
pub async fn kept_back(tx: &mut TenantTx, currency: Currency) -> Result<Decimal> {
    Ok(currency.round(-balances::one(tx, Account::ResellerRollingReserve, currency).await?))
}
