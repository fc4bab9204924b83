//! Posts that a refund did not happen after all: the money stays where it was, and so do the fees.

use foundation::{Error, Result, TenantTx, id::RefundId};

use crate::{Source, post, store};

/// Undoes a refund in the ledger by the exact mirror of what was posted, once however often it is called. If the provider
/// had confirmed it already, the confirmation is undone too.
///
/// # Errors
/// `Inconsistent` if the refund was never posted.
pub async fn post_refund_failed(tx: &mut TenantTx, refund: RefundId) -> Result<()> {
    let Some(accepted) = store::journals::find(tx, Source::Refund(refund)).await? else {
        return Err(Error::Inconsistent(format!("{refund} failed but was never posted")));
    };
    if let Some(paid) = store::journals::find(tx, Source::RefundPaid(refund)).await? {
        post(tx, &paid.mirrored(Source::RefundReturned(refund))).await?;
    }
    post(tx, &accepted.mirrored(Source::RefundFailed(refund))).await?;
    Ok(())
}
