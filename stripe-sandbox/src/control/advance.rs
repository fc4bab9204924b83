//! `POST /_sandbox/advance`: moves the clock of all accounts forward and does what has become due.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::control::unreadable;
use crate::error::Error;
use crate::journal::Line;
use crate::server::Sandbox;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Advance {
    seconds: u32,
}

/// Answers when everything due is done; callbacks that have become due are on their way then.
pub(crate) async fn advance(
    State(sandbox): State<Arc<Sandbox>>,
    body: Result<Json<Advance>, JsonRejection>,
) -> Result<Json<Value>, Error> {
    let Json(wanted) = body.map_err(|rejection| unreadable(&rejection))?;
    let room = sandbox.journal.room().await;
    room.write(vec![Line::ClockOffset(sandbox.clock.advance(wanted.seconds))]);
    let mut done = 0;
    for account in &sandbox.accounts {
        done += account.run_due().await;
        account.clock_moved();
    }
    Ok(Json(json!({"now": sandbox.clock.now_ms() / 1000, "done": done})))
}
