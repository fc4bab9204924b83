//! What a reseller has with the platform.

use foundation::{Currency, Result, TenantTx};
use rust_decimal::Decimal;

use crate::store;

/// The reseller's money in one currency (major unit); negative if the reseller owes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// The currency.
    pub currency: Currency,
    /// Not yet to be paid out.
    pub pending: Decimal,
    /// To be paid out.
    pub available: Decimal,
    /// Kept back for what may still be taken back; available later.
    pub reserved: Decimal,
}

/// The reseller's balances, one per currency ever used, ordered by the currency's code.
///
/// # Errors
/// If the database does not answer.
pub async fn balance(tx: &mut TenantTx) -> Result<Vec<Balance>> {
    let rows = store::balances::by_currency(tx).await?;
    rows.into_iter()
        .map(|(code, pending, available, reserved)| {
            let currency = store::journals::read_currency(&code)?;
            // The accounts are credit accounts: what the reseller has stands there as negative.
            let [pending, available, reserved] = [pending, available, reserved].map(|balance| currency.round(-balance));
            Ok(Balance { currency, pending, available, reserved })
        })
        .collect()
}
