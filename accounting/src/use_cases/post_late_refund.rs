//! Posts the refund of money that bought nothing.

use foundation::{Result, TenantTx, id::RefundId};

use crate::{post, rules::postings, rules::postings::LatePayment};

/// Posts the refund of a late payment as owed to the buyer, once however often it is called. Its confirmation and its failure
/// are posted like any refund's.
///
/// # Errors
/// `Inconsistent` if the amount is not positive or the refund was posted with other content.
pub async fn post_late_refund(tx: &mut TenantTx, refund: RefundId, late: &LatePayment) -> Result<()> {
    post(tx, &postings::late_refund(refund, late)?).await?;
    Ok(())
}
