//! The ping: an event for one endpoint alone, which it has to answer before it is sent anything else.

use foundation::{
    Result, TenantTx,
    event::{self, NewEvent},
    id::EndpointId,
};
use serde_json::json;

use super::{Endpoint, get};

/// The type of a ping. It goes to the endpoint that it is of, whatever types that has chosen, and to no other.
pub const PINGED: &str = "endpoint.pinged";

/// Sends an endpoint a ping, to see whether it is there; one that has not answered any yet gets events once it answers this.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn ping(tx: &mut TenantTx, id: EndpointId) -> Result<Endpoint> {
    let endpoint = get(tx, id).await?;
    append(tx, &endpoint).await?;
    Ok(endpoint)
}

pub(super) async fn append(tx: &mut TenantTx, endpoint: &Endpoint) -> Result<()> {
    let pinged = NewEvent {
        kind: PINGED,
        object: "endpoint",
        object_id: endpoint.id.uuid(),
        version: None,
        data: json!({ "id": endpoint.id, "state": endpoint.state }),
    };
    Ok(event::append(tx, &[pinged]).await?)
}
