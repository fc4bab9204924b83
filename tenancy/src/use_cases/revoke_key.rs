//! Ends an API key.

use foundation::{Result, TenantTx, id::ApiKeyId};

use super::get_key::get_key;
use crate::{ApiKey, store::api_keys};

/// Ends a key at once: the next request with it is refused. One that has ended stays as it is.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn revoke_key(tx: &mut TenantTx, id: ApiKeyId) -> Result<ApiKey> {
    match api_keys::end(tx, id, 0).await? {
        Some(ended) => Ok(ended),
        None => get_key(tx, id).await,
    }
}
