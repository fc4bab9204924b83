//! Posts the sales of orders that were paid.

use foundation::{Result, TenantTx};

use crate::{
    post_all,
    rules::postings::{self, Sale},
};

/// Posts an order's sale, once however often it is called. An order of free tickets posts nothing.
///
/// # Errors
/// `Inconsistent` if the amounts contradict each other or another sale of the order was posted.
pub async fn post_sale(tx: &mut TenantTx, sale: &Sale) -> Result<()> {
    post_sales(tx, std::slice::from_ref(sale)).await
}

/// The same of many, in a few statements for all of them.
///
/// # Errors
/// As [`post_sale`].
pub async fn post_sales(tx: &mut TenantTx, sales: &[Sale]) -> Result<()> {
    let mut journals = Vec::with_capacity(sales.len());
    for sale in sales {
        journals.extend(postings::sale(sale)?);
    }
    post_all(tx, &journals).await?;
    Ok(())
}
