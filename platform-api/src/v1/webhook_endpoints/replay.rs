//! `POST /v1/webhook_endpoints/{endpoint_id}/replay`

use axum::http::StatusCode;
use foundation::id::EndpointId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use webhooks_dispatcher::deliveries::{self, Replay, ReplayOf};

use crate::web::{Allowed, Answer, Keyed, Path, scope::WebhooksWrite};

/// A piece of the event log to send again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookReplay)]
pub(crate) struct ReplayBody {
    /// Events after this position; 0, or left out, for the beginning.
    #[serde(default)]
    after: i64,
    /// Events up to this position; left out: up to where the endpoint is.
    up_to: Option<i64>,
    /// `undelivered` unless said.
    #[serde(default)]
    only: ReplayOf,
}

/// What is sent again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookReplayed)]
pub(crate) struct ReplayedView {
    /// How many events are due again.
    queued: u64,
    /// Up to where in the log that was.
    next_after: i64,
    /// Whether that was all; if not, ask again with `next_after` as `after`.
    complete: bool,
}

/// Sends a webhook endpoint a piece of the event log again: what it never took, what failed for good, or all that it wants. At
/// most 10,000 positions a call.
#[utoipa::path(post, path = "/v1/webhook_endpoints/{endpoint_id}/replay", tag = "Webhooks", params(("endpoint_id" = EndpointId, Path)), request_body = ReplayBody, responses((status = 200, body = ReplayedView)))]
pub(crate) async fn replay(
    allowed: Allowed<WebhooksWrite>,
    Path(id): Path<EndpointId>,
    Keyed { key, body }: Keyed<ReplayBody>,
) -> Answer {
    let mut call = allowed.begin(key).await?;
    let wanted = Replay { after: body.after, up_to: body.up_to, of: body.only };
    let done = deliveries::replay(&mut call.tx, id, wanted).await?;
    let view = ReplayedView { queued: done.queued, next_after: done.next_after, complete: done.complete };
    call.finish(StatusCode::OK, &view, None).await
}
