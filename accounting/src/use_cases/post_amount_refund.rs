//! Posts a refund of an amount that was made at the provider and of no ticket in particular.

use foundation::{
    Money, Result, TenantTx,
    id::{OrderId, RefundId},
};

use crate::{post, rules::postings};

/// Posts it as owed to the buyer, once however often it is called.
///
/// # Errors
/// `Inconsistent` if the amount is not positive or the refund was posted with other content.
pub async fn post_amount_refund(tx: &mut TenantTx, refund: RefundId, order: OrderId, amount: Money) -> Result<()> {
    post(tx, &postings::amount_refund(refund, order, amount.amount(), amount.currency())?).await?;
    Ok(())
}
