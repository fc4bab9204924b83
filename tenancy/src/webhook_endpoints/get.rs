//! Shows an endpoint.

use foundation::{Refusal, Result, TenantTx, id::EndpointId};

use super::{Endpoint, store};

/// The endpoint of this id.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get(tx: &mut TenantTx, id: EndpointId) -> Result<Endpoint> {
    Ok(store::find(tx, id).await?.ok_or_else(|| Refusal::missing("webhook endpoint"))?)
}
