//! Makes a key and keeps its hash: what registering, creating and rotating have in common.

use foundation::{Error, Instant, Mode, Result, TenantTx};

use crate::{ApiKey, KeyKind, KeyText, ScopeSet, store::api_keys};

/// A key that is decided on but has no text yet.
pub(super) struct Issue<'a> {
    pub(super) region: &'a str,
    pub(super) mode: Mode,
    pub(super) kind: KeyKind,
    pub(super) name: &'a str,
    pub(super) scopes: &'a ScopeSet,
    pub(super) expires_at: Option<Instant>,
}

/// Makes it. The text is in no table: who loses it makes another key.
///
/// # Errors
/// If the region has a name that a key cannot carry, or the database does not answer.
pub(super) async fn issue(tx: &mut TenantTx, key: Issue<'_>) -> Result<(ApiKey, KeyText)> {
    let text = KeyText::generate(key.kind, key.mode, key.region, tx.reseller())
        .map_err(|_| Error::Inconsistent(format!("a key cannot carry the region's name `{}`", key.region)))?;
    let made = api_keys::insert(tx, &text, key.name, key.scopes, key.expires_at).await?;
    Ok((made, text))
}
