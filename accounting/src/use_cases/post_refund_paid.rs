//! Posts the provider's confirmation of a refund.

use foundation::{
    Currency, Result, TenantTx,
    id::{OrderId, RefundId},
};
use rust_decimal::Decimal;

use crate::{post, rules::postings};

/// Posts that the provider gives the buyer the money of a refund, once however often it is called.
///
/// # Errors
/// `Inconsistent` if the amount is not positive or another one was posted.
pub async fn post_refund_paid(
    tx: &mut TenantTx,
    refund: RefundId,
    amount: Decimal,
    currency: Currency,
    order: OrderId,
) -> Result<()> {
    post(tx, &postings::refund_paid(refund, order, amount, currency)?).await?;
    Ok(())
}
