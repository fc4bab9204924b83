//! Changes what a reseller tells about itself.

use foundation::{Code, Refusal, Result, TenantTx, event, version::IfVersion};

use super::reseller_event;
use crate::{Reseller, ResellerChanges, store::resellers};

/// Changes what is given, if the reseller still is as the caller read it. Where nothing changes, nothing is written.
///
/// # Errors
/// `invalid_field`, `if_match_stale` when its version is not this one, or the database's.
pub async fn update_reseller(
    tx: &mut TenantTx,
    version: impl Into<IfVersion>,
    changes: &ResellerChanges,
) -> Result<Reseller> {
    resellers::lock(tx).await?;
    let before = resellers::get(tx).await?;
    if !version.into().admits(before.version) {
        return Err(stale().into());
    }
    let mut after = changes.apply(&before)?;
    if after == before {
        return Ok(before);
    }
    after.version = resellers::update(tx, before.version, &after).await?.ok_or_else(stale)?;
    event::append(tx, &[reseller_event("reseller.updated", &after)]).await?;
    Ok(after)
}

fn stale() -> Refusal {
    Refusal::new(Code::IfMatchStale, "The account has changed since you read it; read it again and decide anew.")
}
