//! Disables an endpoint that takes nothing any more.

use foundation::{
    Instant, Result, TenantTx,
    event::{self, NewEvent},
    id::EndpointId,
};
use serde_json::json;

use super::{DisabledReason, get, store};
use crate::{rules::notice::Notice, store::resellers};

/// Disables an endpoint that does not work at this address, tells the reseller by an event (to its other endpoints and its
/// event list) and by mail. One that has moved since, or is not enabled, is left alone. Nothing is deleted: enabled again, it
/// gets all that it has missed.
///
/// # Errors
/// The database's.
pub async fn disable(
    tx: &mut TenantTx,
    id: EndpointId,
    url: &str,
    reason: DisabledReason,
    failing_since: Option<Instant>,
) -> Result<bool> {
    if !store::disable(tx, id, url, reason).await? {
        return Ok(false);
    }
    let endpoint = get(tx, id).await?;
    let data = json!({
        "id": id, "state": endpoint.state, "disabled_reason": endpoint.disabled_reason, "failing_since": failing_since,
    });
    event::append(tx, &[NewEvent::of("endpoint.disabled", "endpoint", id, endpoint.version, data)]).await?;
    let reseller = resellers::get(tx).await?;
    let notice = Notice::EndpointDisabled { endpoint: id, url: url.to_owned(), reason, since: failing_since };
    notice.queue(tx, &reseller, endpoint.version).await?;
    Ok(true)
}
