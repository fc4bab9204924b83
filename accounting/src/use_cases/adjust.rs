//! Corrects a reseller's money by a person's decision.

use foundation::{Money, Result, TenantTx, id::OrderId};

use crate::{AdjustmentState, Correction, Pot, Reason, post, store::adjustments};

/// Decides on a correction of what is available, for this reason, of this amount, perhaps about an order, by this operator in these
/// words. A small one is posted at once; a large one waits until a second operator agrees ([`crate::approve_adjustment`]).
///
/// # Errors
/// `invalid_field`; the database's.
pub async fn adjust(tx: &mut TenantTx, of: (Reason, Money, Option<OrderId>), by: (&str, &str)) -> Result<Correction> {
    let correction = Correction::new(of, by, tx.now().await?)?;
    adjustments::insert(tx, &correction).await?;
    if correction.state == AdjustmentState::Posted {
        post(tx, &correction.posting().journal(Pot::Available)?).await?;
    }
    Ok(correction)
}
