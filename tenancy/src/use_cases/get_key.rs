//! Shows an API key.

use foundation::{Refusal, Result, TenantTx, id::ApiKeyId};

use crate::{ApiKey, store::api_keys};

/// The key of this id, ended or not.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get_key(tx: &mut TenantTx, id: ApiKeyId) -> Result<ApiKey> {
    Ok(api_keys::find(tx, id).await?.ok_or_else(|| Refusal::missing("API key"))?)
}
