//! Posts a refund when it is accepted.

use foundation::{Result, TenantTx};

use crate::{post, rules::postings, rules::postings::Refund};

/// Posts a refund of tickets as owed to the buyer, once however often it is called.
///
/// # Errors
/// `Inconsistent` if the amounts contradict each other or the refund was posted with other content.
pub async fn post_refund(tx: &mut TenantTx, refund: &Refund) -> Result<()> {
    if let Some(journal) = postings::refund(refund)? {
        post(tx, &journal).await?;
    }
    Ok(())
}
