//! Replaces an API key.

use std::time::Duration;

use foundation::{Code, Refusal, Result, TenantTx, id::ApiKeyId};

use super::{
    get_key::get_key,
    issue::{Issue, issue},
};
use crate::{ApiKey, Caller, KeyKind, KeyText, rules::api_key::overlap_micros, store::api_keys};

/// Makes a key like this one, without an end, and ends this one after the overlap (or when it would have ended anyway), so
/// that the reseller's servers can change over one by one. The text is shown this once.
///
/// # Errors
/// `invalid_field` for an overlap of more than seven days, `not_found`, `expired` for a key that has ended, `forbidden` for
/// one that may do what the caller's own may not and for the hosted shop's, or the database's.
pub async fn rotate_key(
    tx: &mut TenantTx,
    region: &str,
    by: &Caller,
    id: ApiKeyId,
    overlap: Duration,
) -> Result<(ApiKey, KeyText)> {
    let overlap = overlap_micros(overlap)?;
    let old = get_key(tx, id).await?;
    if old.kind == KeyKind::HostedShop {
        return Err(Refusal::new(Code::Forbidden, "The hosted shop's key is the platform's to make.").into());
    }
    by.may_give(&old.scopes)?;
    if api_keys::end(tx, id, overlap).await?.is_none() {
        return Err(Refusal::new(Code::Expired, "The key has ended; create a new one.").into());
    }
    let key = Issue { region, mode: by.mode, kind: old.kind, name: &old.name, scopes: &old.scopes, expires_at: None };
    issue(tx, key).await
}
