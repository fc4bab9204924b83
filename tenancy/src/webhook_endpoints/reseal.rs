//! Seals an environment's webhook secrets anew.

use foundation::{Error, Result, TenantTx};

use super::store;

/// Seals every signing key and every endpoint's headers with the cell's present key. Gives how many those were.
///
/// # Errors
/// If one opens with neither key, or the database's.
pub async fn reseal(tx: &mut TenantTx) -> Result<usize> {
    let (sealer, reseller) = (tx.sealer().clone(), tx.reseller());
    let anew = |sealed: &[u8]| {
        let opened = sealer.open(reseller, sealed).and_then(|secret| sealer.seal(reseller, &secret));
        opened.map_err(|error| Error::Inconsistent(error.to_string()))
    };
    // Endpoints before their keys: the one order of locks.
    let headers = store::sealed_headers(tx).await?;
    for (endpoint, sealed) in &headers {
        store::put_sealed_headers(tx, *endpoint, &anew(sealed)?).await?;
    }
    let secrets = store::sealed_secrets(tx).await?;
    for (endpoint, no, sealed) in &secrets {
        store::put_sealed_secret(tx, *endpoint, *no, &anew(sealed)?).await?;
    }
    Ok(secrets.len() + headers.len())
}
