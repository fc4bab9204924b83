//! Which corrections were decided on.

use foundation::{Instant, Result, TenantTx, id::AdjustmentId};

use crate::{Correction, store::adjustments};

/// The reseller's corrections, newest first, after the one named.
///
/// # Errors
/// The database's.
pub async fn list_adjustments(
    tx: &mut TenantTx,
    after: Option<(Instant, AdjustmentId)>,
    limit: i64,
) -> Result<Vec<Correction>> {
    adjustments::list(tx, after, limit).await
}
