//! `/healthz`, `/readyz`, `/metrics`

use axum::{
    Json,
    extract::State,
    http::{StatusCode, request::Parts},
    response::{IntoResponse as _, Response},
};
use serde_json::json;

use crate::{
    app::App,
    web::{Reply, client, problem},
};

/// The process is alive.
pub(crate) async fn healthz() -> &'static str {
    "ok"
}

/// The process can serve: a cell's database answers. One that does not is named, and does not take the others with it: regions
/// are apart.
pub(crate) async fn readyz(State(app): State<App>) -> Response {
    let mut cells = serde_json::Map::new();
    let mut ready = false;
    for services in app.cells() {
        let answers = services.cell.ping().await.is_ok();
        ready |= answers;
        cells.insert(
            services.cell.name().to_owned(),
            json!(if answers { "ready" } else { "its database does not answer" }),
        );
    }
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": ready, "cells": cells }))).into_response()
}

/// Metrics in Prometheus' text form, for the addresses that may read them; to others there is no such thing.
pub(crate) async fn metrics(State(app): State<App>, parts: Parts) -> Result<String, Reply> {
    let may = client::peer(&parts).is_some_and(|ip| app.settings.metrics_from.iter().any(|net| net.contains(&ip)));
    if may { Ok(app.metrics.render()) } else { Err(problem::nowhere(parts.uri.path()).into()) }
}
