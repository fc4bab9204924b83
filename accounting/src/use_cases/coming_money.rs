//! What a reseller has that is not available yet, piece by piece.

use foundation::{Currency, Instant, Result, TenantTx, id::PerformanceId};
use rust_decimal::Decimal;

use crate::store::performance_money;

/// Money that will be available later (major unit; below zero, what it will take off).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComingMoney {
    /// What each performance has pending; none for what waits for the sale of its order.
    pub pending: Vec<(Option<PerformanceId>, Currency, Decimal)>,
    /// What is kept back of each performance's money, and until when.
    pub reserves: Vec<(PerformanceId, Currency, Decimal, Instant)>,
}

/// All of it. The parts come to what [`crate::balance`] says is pending and reserved.
///
/// # Errors
/// If the database does not answer.
pub async fn coming_money(tx: &mut TenantTx) -> Result<ComingMoney> {
    Ok(ComingMoney { pending: performance_money::pending(tx).await?, reserves: performance_money::reserves(tx).await? })
}
