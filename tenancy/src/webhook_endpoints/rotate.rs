//! Gives an endpoint a new signing key.

use std::time::Duration;

use foundation::{Code, Error, Refusal, Result, TenantTx, id::EndpointId};

use super::{Endpoint, FreshSecret, get, store};

/// How long the old key signs besides, unless said.
pub const OVERLAP_DEFAULT: Duration = Duration::from_hours(24);
/// How long it may.
const OVERLAP_MAX: Duration = Duration::from_hours(7 * 24);
/// The most keys that sign at once, the newest included.
const KEYS_MAX: i64 = 4;

/// Makes a new key, which is never shown again. Until the overlap is over, deliveries are signed with the old one too, so that
/// receivers can change over one by one.
///
/// # Errors
/// `invalid_field` for an overlap of more than seven days, `not_found`, `too_many_secrets` while too many old keys still sign,
/// or the database's.
pub async fn rotate(tx: &mut TenantTx, id: EndpointId, overlap: Duration) -> Result<(Endpoint, FreshSecret)> {
    if overlap > OVERLAP_MAX {
        return Err(Refusal::field("/overlap_seconds", "must be at most 604800, seven days").into());
    }
    // Who rotates at the same time waits here.
    if !store::touch(tx, id).await? {
        return Err(Refusal::missing("webhook endpoint").into());
    }
    let signature = get(tx, id).await?.signature;
    store::end_secrets(tx, id, overlap).await?;
    if store::live_secrets(tx, id).await? >= KEYS_MAX {
        let detail = format!("{KEYS_MAX} keys still sign; rotate with a shorter overlap or wait until one has ended.");
        return Err(Refusal::new(Code::TooManySecrets, detail).into());
    }
    let secret = FreshSecret::generate(signature)?;
    let sealed = tx
        .sealer()
        .seal(tx.reseller(), secret.text().as_bytes())
        .map_err(|error| Error::Inconsistent(error.to_string()))?;
    store::insert_secret(tx, id, &sealed, secret.public_key.as_deref()).await?;
    Ok((get(tx, id).await?, secret))
}
