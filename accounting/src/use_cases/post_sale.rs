//! Posts the sale of an order that was paid.

use foundation::{Result, TenantTx};

use crate::{post, rules::postings, rules::postings::Sale};

/// Posts an order's sale, once however often it is called. An order of free tickets posts nothing.
///
/// # Errors
/// `Inconsistent` if the amounts contradict each other or another sale of the order was posted.
pub async fn post_sale(tx: &mut TenantTx, sale: &Sale) -> Result<()> {
    if let Some(journal) = postings::sale(sale)? {
        post(tx, &journal).await?;
    }
    Ok(())
}
