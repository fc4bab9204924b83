//! Deletes an endpoint.

use foundation::{Refusal, Result, TenantTx, id::EndpointId};

use super::store;

/// Deletes an endpoint with its secret and the record of its deliveries. What is being sent at this moment may still arrive.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn delete(tx: &mut TenantTx, id: EndpointId) -> Result<()> {
    if store::delete(tx, id).await? {
        return Ok(());
    }
    Err(Refusal::missing("webhook endpoint").into())
}
