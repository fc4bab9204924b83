//! `GET /v1/events`

use axum::{
    http::{StatusCode, header},
    response::IntoResponse as _,
};
use foundation::{Refusal, event, page::LIMIT_MAX};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tenancy::webhook_endpoints::PayloadVersion;
use utoipa::{IntoParams, ToSchema};
use webhooks_dispatcher::Origin;

use crate::web::{Allowed, Answer, Query, Reply, scope::WebhooksRead};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsQuery {
    /// The position of the last event that you have; 0 for the beginning.
    #[serde(default)]
    after: u64,
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
}

/// Events in the order of their positions, each exactly as its webhook has it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Events)]
pub(crate) struct EventsView {
    #[schema(value_type = Vec<super::super::webhook_endpoints::EventView>)]
    data: Vec<Box<RawValue>>,
    /// Pass it as `after` to go on; the same as was asked when there is nothing new. It may rise though `data` is empty: some
    /// positions are those of events that are not shown.
    next_after: i64,
}

/// Reads the event log after a position: the same events that webhooks push, in order, none missing.
#[utoipa::path(get, path = "/v1/events", tag = "Events", params(EventsQuery), responses((status = 200, body = EventsView)))]
pub(crate) async fn list(allowed: Allowed<WebhooksRead>, Query(query): Query<EventsQuery>) -> Answer {
    let limit = query.limit.unwrap_or(20);
    if !(1..=LIMIT_MAX).contains(&limit) {
        return Err(Refusal::field("limit", format!("must be 1 to {LIMIT_MAX}")).into());
    }
    let after = i64::try_from(query.after).unwrap_or(i64::MAX);
    let event::Read { events, up_to: next_after } =
        event::after(&mut allowed.snapshot().await?, after, i64::from(limit)).await?;
    let origin = Origin { region: allowed.cell().region(), mode: allowed.caller.mode };
    let data = events
        .iter()
        .filter_map(|event| {
            RawValue::from_string(webhooks_dispatcher::payload(event, origin, PayloadVersion::default())).ok()
        })
        .collect();
    let body = serde_json::to_string(&EventsView { data, next_after })
        .map_err(|e| foundation::Error::Inconsistent(e.to_string()))?;
    Ok(Reply::raw((StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], body).into_response()))
}
