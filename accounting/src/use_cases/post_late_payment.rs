//! Posts money that came for an order that could not have it.

use foundation::{Result, TenantTx};

use crate::{post, rules::postings, rules::postings::LatePayment};

/// Posts a payment that bought nothing (too late, or a second one), once however often it is called. It is nobody's until
/// [`crate::post_late_refund`] sends it back.
///
/// # Errors
/// `Inconsistent` if the amount is not positive or the payment was posted with other content.
pub async fn post_late_payment(tx: &mut TenantTx, late: &LatePayment) -> Result<()> {
    post(tx, &postings::late_payment(late)?).await?;
    Ok(())
}
