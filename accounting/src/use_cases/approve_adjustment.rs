//! A second operator agrees to a correction.

use foundation::{Result, TenantTx, id::AdjustmentId};

use super::adjust::{is_there, post_correction};
use crate::{Correction, store::adjustments};

/// Agrees to a correction that another operator has proposed: it is posted.
///
/// # Errors
/// `not_found`, `adjustment_not_open`, `forbidden`, `balance_insufficient`; the database's.
pub async fn approve_adjustment(tx: &mut TenantTx, id: AdjustmentId, operator: &str) -> Result<Correction> {
    let correction = adjustments::lock(tx, id).await?.approved(operator)?;
    is_there(tx, &correction).await?;
    adjustments::save(tx, &correction).await?;
    post_correction(tx, &correction).await?;
    Ok(correction)
}
