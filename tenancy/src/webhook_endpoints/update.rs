//! Changes an endpoint.

use foundation::{Code, Refusal, Result, TenantTx, id::EndpointId, version::IfVersion};

use super::{Endpoint, EndpointChanges, Rules, get, headers, ping, store};

/// Changes what is given, if the endpoint still is as the caller read it. Another address is sent a ping and gets nothing else
/// until it has answered.
///
/// # Errors
/// `invalid_field`, `not_found`, `if_match_stale` when its version is not the one that was read, or the database's.
pub async fn update(
    tx: &mut TenantTx,
    rules: &Rules<'_>,
    id: EndpointId,
    version: impl Into<IfVersion>,
    changes: EndpointChanges,
) -> Result<Endpoint> {
    rules.check_changes(&changes)?;
    let before = get(tx, id).await?;
    let sealed = match &changes.headers {
        Some(wanted) => Some(headers::seal(&tx.sealer().clone(), tx.reseller(), wanted)?),
        None => None,
    };
    if !store::update(tx, id, &version.into(), &changes, sealed.as_deref()).await? {
        let current = get(tx, id).await?;
        let detail = format!("The endpoint is at version {}; read it again and decide anew.", current.version);
        return Err(Refusal::new(Code::IfMatchStale, detail).into());
    }
    let after = get(tx, id).await?;
    if after.url != before.url {
        ping::append(tx, &after).await?;
    }
    Ok(after)
}
