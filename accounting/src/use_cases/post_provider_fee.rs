//! Posts the provider's fee, which becomes known only after the sale.

use foundation::{
    Currency, Result, TenantTx,
    id::{OrderId, PaymentId},
};
use rust_decimal::Decimal;

use crate::{Bearer, bought_nothing, post, rules::postings};

/// Posts what the provider kept of a payment of an order, once per transaction of the provider. The reseller bears it, but for a
/// payment that bought nothing, of which nothing is the reseller's. `fee` is in the major unit of `currency`; nothing is posted
/// for a fee of zero.
///
/// # Errors
/// `Inconsistent` if the transaction's name is unusable (1 to 255 visible characters) or another fee was posted under it.
pub async fn post_provider_fee(
    tx: &mut TenantTx,
    (order, payment): (OrderId, PaymentId),
    provider_transaction: &str,
    fee: Decimal,
    currency: Currency,
) -> Result<()> {
    let bearer = if bought_nothing(tx, payment).await? { Bearer::Platform } else { Bearer::Reseller };
    if let Some(journal) = postings::provider_fee(order, provider_transaction, fee, currency, bearer)? {
        post(tx, &journal).await?;
    }
    Ok(())
}
