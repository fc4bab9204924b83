//! Finds out who asks.

use foundation::{Cell, Code, Refusal, Result};

use crate::{Caller, KeyText, ResellerState, store::api_keys};

/// Whose key this is, if it is good now by the tenant's clock. The look-up runs under the very tenant that the key names, so
/// that a key can only ever open its own.
///
/// # Errors
/// `credentials_invalid`, in the same words whatever the cause, `reseller_suspended`, or the database's.
pub async fn authenticate(cell: &Cell, key: &KeyText) -> Result<Caller> {
    let mut tx = cell.tenant(key.reseller()).await?;
    let found = api_keys::caller(&mut tx, key.secret_hash()).await?;
    // Nothing was written; a commit gives the connection back in order.
    tx.commit().await?;
    match found {
        None => Err(Refusal::new(Code::CredentialsInvalid, "The API key is not one that is valid now.").into()),
        Some((_, ResellerState::Suspended)) => {
            Err(Refusal::new(Code::ResellerSuspended, "The account is suspended; write to the platform's support.")
                .into())
        }
        Some((caller, ResellerState::Active)) => Ok(caller),
    }
}
