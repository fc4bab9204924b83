//! `GET /healthz`: that the process serves. It asks no database, so that one that is down does not get the process restarted.

use axum::Json;
use serde_json::{Value, json};

pub(crate) async fn get() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}
