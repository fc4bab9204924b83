//! Posts the sales of orders that were paid.

use foundation::{Result, TenantTx, id::OrderId};

use crate::{
    Credited, post_all,
    rules::postings::{self, Sale},
};

/// Posts an order's sale, once however often it is called. An order of free tickets posts nothing.
///
/// # Errors
/// `Inconsistent` if the amounts contradict each other or another sale of the order was posted.
pub async fn post_sale(tx: &mut TenantTx, sale: &Sale) -> Result<()> {
    post_sales(tx, std::slice::from_ref(sale), &[]).await
}

/// The same of many, and of the credit that was redeemed for some of them, in a few statements for all of it.
///
/// # Errors
/// As [`post_sale`]; `Inconsistent` if what is redeemed is not positive.
pub async fn post_sales(tx: &mut TenantTx, sales: &[Sale], redeemed: &[(OrderId, Credited)]) -> Result<()> {
    let mut journals = Vec::with_capacity(sales.len() + redeemed.len());
    for sale in sales {
        journals.extend(postings::sale(sale)?);
    }
    for (order, credited) in redeemed {
        journals.push(credited.redeemed(*order)?);
    }
    post_all(tx, &journals).await?;
    Ok(())
}
