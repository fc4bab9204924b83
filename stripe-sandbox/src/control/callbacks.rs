//! `POST /_sandbox/callbacks`: stalls, loses, doubles or swaps the callbacks of the account whose secret key is shown.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::HeaderMap;
use serde::Deserialize;

use crate::callbacks::Control;
use crate::control::{account_of, unreadable};
use crate::error::Error;
use crate::server::Sandbox;

/// What shall change; the rest stays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    /// What it is for: a type of event, a family (`charge.*`), or all.
    #[serde(rename = "type", default = "all")]
    kind: String,
    delay_ms: Option<u32>,
    drop_next: Option<u32>,
    double_next: Option<u32>,
    reorder_next: Option<u32>,
    paused: Option<bool>,
}

/// Answers with the control as it is then.
pub(crate) async fn control(
    State(sandbox): State<Arc<Sandbox>>,
    headers: HeaderMap,
    body: Result<Json<Change>, JsonRejection>,
) -> Result<Json<Control>, Error> {
    let account = account_of(&sandbox, &headers)?;
    let Json(change) = body.map_err(|rejection| unreadable(&rejection))?;
    let now = account.callbacks.set_control(&change.kind, account.clock.now_ms(), |control| {
        control.delay_ms = change.delay_ms.unwrap_or(control.delay_ms);
        control.drop_next = change.drop_next.unwrap_or(control.drop_next);
        control.double_next = change.double_next.unwrap_or(control.double_next);
        control.reorder_next = change.reorder_next.unwrap_or(control.reorder_next);
        control.paused = change.paused.unwrap_or(control.paused);
    });
    now.map(Json).ok_or_else(|| Error::parameter("parameter_invalid", "This is no type of event.", "type"))
}

fn all() -> String {
    "*".to_owned()
}
