//! Posts that a sold ticket was exchanged for one of another performance.

use foundation::{Result, TenantTx};

use crate::{post, rules::postings, rules::postings::exchanges::Exchange};

/// Carries the sale over to the other performance, once however often it is called.
///
/// # Errors
/// `Inconsistent` if the two tickets are not equal in money, or the exchange was posted with other content.
pub async fn post_exchange(tx: &mut TenantTx, exchange: &Exchange) -> Result<()> {
    for journal in postings::exchanges::exchange(exchange)? {
        post(tx, &journal).await?;
    }
    Ok(())
}
