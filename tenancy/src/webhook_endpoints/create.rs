//! Makes an endpoint.

use foundation::{Code, Error, Refusal, Result, TenantTx};

use super::{Endpoint, FreshSecret, NewEndpoint, Rules, get, headers, ping, rules::ENDPOINTS_MAX, store};

/// Makes an endpoint and its secret, which is never shown again. It is sent a ping, and, once it has answered that, what is
/// given a position in the log after it was made; what was before is in the event list.
///
/// # Errors
/// `invalid_field` naming each wrong field, `endpoint_limit`, or the database's.
pub async fn create(tx: &mut TenantTx, rules: &Rules<'_>, new: NewEndpoint) -> Result<(Endpoint, FreshSecret)> {
    rules.check_new(&new)?;
    if store::count_locked(tx).await? >= ENDPOINTS_MAX {
        let detail = format!("There are {ENDPOINTS_MAX} endpoints; delete one that is no longer needed.");
        return Err(Refusal::new(Code::EndpointLimit, detail).into());
    }
    let secret = FreshSecret::generate(new.signature)?;
    let sealed = tx
        .sealer()
        .seal(tx.reseller(), secret.text().as_bytes())
        .map_err(|error| Error::Inconsistent(error.to_string()))?;
    let headers = headers::seal(&tx.sealer().clone(), tx.reseller(), &new.headers)?;
    let id = store::insert(tx, &new, &headers).await?;
    store::insert_secret(tx, id, &sealed, secret.public_key.as_deref()).await?;
    let endpoint = get(tx, id).await?;
    ping::append(tx, &endpoint).await?;
    Ok((endpoint, secret))
}
