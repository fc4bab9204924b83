//! Posts a refund of an amount, of no ticket in particular.

use foundation::{Result, TenantTx};

use crate::{post, rules::postings, rules::postings::AmountRefund};

/// Posts it as owed to the buyer, once however often it is called.
///
/// # Errors
/// `Inconsistent` if the amount is not positive or the refund was posted with other content.
pub async fn post_amount_refund(tx: &mut TenantTx, refund: &AmountRefund) -> Result<()> {
    post(tx, &postings::amount_refund(refund)?).await?;
    Ok(())
}
