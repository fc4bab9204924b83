//! Deletes an endpoint.

use foundation::{Code, Refusal, Result, TenantTx, id::EndpointId, version::IfVersion};

use super::{get, store};

/// Deletes an endpoint with its secret; the record of its deliveries is seen by nobody from then on, and deleted by and by. What is being sent at this moment may still arrive.
///
/// # Errors
/// `not_found`, `if_match_stale` if it is not of this version, or the database's.
pub async fn delete(tx: &mut TenantTx, id: EndpointId, version: impl Into<IfVersion>) -> Result<()> {
    if store::delete(tx, id, &version.into()).await? {
        return Ok(());
    }
    // Gone, or changed: the refusal says which.
    get(tx, id).await?;
    Err(Refusal::new(Code::IfMatchStale, "The endpoint has changed since you read it; read it again and decide anew.")
        .into())
}
