//! Reads settlements as they were sealed.

use foundation::{Instant, Refusal, Result, TenantTx, id::SettlementId};

use crate::{
    RowsText, SealedSettlement, SettlementFilter,
    store::settlements::{find, list, page},
};

/// A settlement.
///
/// # Errors
/// `not_found`.
pub async fn settlement(tx: &mut TenantTx, id: SettlementId) -> Result<SealedSettlement> {
    Ok(find(tx, id).await?.ok_or_else(|| Refusal::missing("settlement"))?)
}

/// A page of a settlement's rows, counted from 1; none after the last.
///
/// # Errors
/// If the database does not answer.
pub async fn settlement_rows(tx: &mut TenantTx, id: SettlementId, nth: i32) -> Result<Option<RowsText>> {
    page(tx, id, nth).await
}

/// Settlements in the order in which they were closed, at most `limit` after this one.
///
/// # Errors
/// If the database does not answer.
pub async fn list_settlements(
    tx: &mut TenantTx,
    filter: &SettlementFilter,
    after: Option<(Instant, SettlementId)>,
    limit: i64,
) -> Result<Vec<SealedSettlement>> {
    list(tx, filter, after, limit).await
}
