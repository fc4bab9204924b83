//! Changes an endpoint.

use foundation::{Code, Refusal, Result, TenantTx, id::EndpointId, version::IfVersion};

use super::{Endpoint, EndpointChanges, Rules, get, store};

/// Changes what is given, if the endpoint still is as the caller read it.
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
    rules.check(changes.url.as_deref(), changes.event_types.as_deref(), changes.description.as_deref())?;
    if let Some(endpoint) = store::update(tx, id, &version.into(), &changes).await? {
        return Ok(endpoint);
    }
    let current = get(tx, id).await?;
    let detail = format!("The endpoint is at version {}; read it again and decide anew.", current.version);
    Err(Refusal::new(Code::IfMatchStale, detail).into())
}
