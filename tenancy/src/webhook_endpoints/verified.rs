//! Notes that an endpoint has answered its ping.

use foundation::{Result, TenantTx, id::EndpointId};

use super::store;

/// Notes that the endpoint answered a ping at this address: from now on it gets events. One that has moved since is left alone.
///
/// # Errors
/// The database's.
pub async fn verified(tx: &mut TenantTx, id: EndpointId, url: &str) -> Result<()> {
    store::verified(tx, id, url).await
}
