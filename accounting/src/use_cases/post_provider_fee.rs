//! Posts the provider's fee, which becomes known only after the sale.

use foundation::{Currency, Result, TenantTx, id::OrderId};
use rust_decimal::Decimal;

use crate::{post, rules::postings};

/// Posts what the provider kept of an order's payment, once per transaction of the provider. `fee` is in the major unit of
/// `currency`; nothing is posted for a fee of zero.
///
/// # Errors
/// `Inconsistent` if the transaction's name is unusable (1 to 255 visible characters) or another fee was posted under it.
pub async fn post_provider_fee(
    tx: &mut TenantTx,
    order: OrderId,
    provider_transaction: &str,
    fee: Decimal,
    currency: Currency,
) -> Result<()> {
    if let Some(journal) = postings::provider_fee(order, provider_transaction, fee, currency)? {
        post(tx, &journal).await?;
    }
    Ok(())
}
