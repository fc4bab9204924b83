//! `DELETE /v1/webhook_endpoints/{endpoint_id}`

use foundation::id::EndpointId;
use tenancy::webhook_endpoints;

use crate::web::{Allowed, Answer, IfMatch, Path, Reply, caller::commit, scope::WebhooksWrite};

/// Deletes a webhook endpoint with the log of its deliveries; events stay in the event log.
#[utoipa::path(delete, path = "/v1/webhook_endpoints/{endpoint_id}", tag = "Webhooks", params(("endpoint_id" = EndpointId, Path)), responses((status = 204)))]
pub(crate) async fn delete(
    allowed: Allowed<WebhooksWrite>,
    Path(id): Path<EndpointId>,
    IfMatch(version): IfMatch,
) -> Answer {
    let mut tx = allowed.tx().await?;
    webhook_endpoints::delete(&mut tx, id, version).await?;
    commit(tx).await?;
    Reply::nothing()
}
