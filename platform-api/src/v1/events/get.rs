//! `GET /v1/events/{event_id}`

use axum::{
    http::{StatusCode, header},
    response::IntoResponse as _,
};
use foundation::{Refusal, event, id::EventId};
use tenancy::webhook_endpoints::PayloadVersion;
use webhooks_dispatcher::Origin;

use crate::{
    v1::webhook_endpoints::EventView,
    web::{Allowed, Answer, Path, Reply, scope::WebhooksRead},
};

/// Reads an event, exactly as its webhook has it.
#[utoipa::path(get, path = "/v1/events/{event_id}", tag = "Events", params(("event_id" = EventId, Path)), responses((status = 200, body = EventView)))]
pub(crate) async fn get(allowed: Allowed<WebhooksRead>, Path(id): Path<EventId>) -> Answer {
    let found = event::find(&mut allowed.snapshot().await?, id).await?.ok_or_else(|| Refusal::missing("event"))?;
    let origin = Origin { region: allowed.cell().region(), mode: allowed.caller.mode };
    let body = webhooks_dispatcher::payload(&found, origin, PayloadVersion::default());
    Ok(Reply::raw((StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], body).into_response()))
}
