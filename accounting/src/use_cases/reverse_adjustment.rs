//! Undoes a correction.

use foundation::{Error, Result, TenantTx, id::AdjustmentId};

use crate::{
    Correction, Source, post, reversal,
    store::{adjustments, journals},
};

/// Undoes a correction, once, by the exact mirror of its journal.
///
/// # Errors
/// `not_found`, `adjustment_not_open`; the database's.
pub async fn reverse_adjustment(tx: &mut TenantTx, id: AdjustmentId, operator: &str) -> Result<Correction> {
    let correction = adjustments::lock(tx, id).await?.reversed(operator)?;
    adjustments::save(tx, &correction).await?;
    let found = journals::find_with_id(tx, Source::Adjustment(id)).await?;
    let (journal_id, journal) =
        found.ok_or_else(|| Error::Inconsistent(format!("{id} is posted and in no journal")))?;
    post(tx, &reversal(journal_id, &journal)?).await?;
    Ok(correction)
}
