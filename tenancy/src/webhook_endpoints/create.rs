//! Makes an endpoint.

use foundation::{Code, Error, Refusal, Result, TenantTx, seal::Sealer};

use super::{Endpoint, NewEndpoint, Rules, rules::ENDPOINTS_MAX, secret, store};

/// Makes an endpoint and its secret (`whsec_…`), which is never shown again. It gets the events that are given a position
/// after it was made; those of before are in the event list.
///
/// # Errors
/// `invalid_field` naming each wrong field, `endpoint_limit`, or the database's.
pub async fn create(
    tx: &mut TenantTx,
    sealer: &Sealer,
    rules: &Rules<'_>,
    new: NewEndpoint,
) -> Result<(Endpoint, String)> {
    rules.check(Some(&new.url), Some(&new.event_types), Some(&new.description))?;
    if store::count_locked(tx).await? >= ENDPOINTS_MAX {
        let detail = format!("There are {ENDPOINTS_MAX} endpoints; delete one that is no longer needed.");
        return Err(Refusal::new(Code::EndpointLimit, detail).into());
    }
    let secret = secret::generate();
    let sealed =
        sealer.seal(tx.reseller(), secret.as_bytes()).map_err(|error| Error::Inconsistent(error.to_string()))?;
    let endpoint = store::insert(tx, &new, &sealed).await?;
    Ok((endpoint, secret))
}
