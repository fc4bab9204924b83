//! `/_sandbox/faults` and `/_sandbox/rate_limit`: what goes wrong with the calls of the account whose secret key is shown.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::control::{account_of, unreadable};
use crate::error::Error;
use crate::faults::Plan;
use crate::server::Sandbox;

/// The longest that a test waits here for calls to be held.
const LONGEST_WAIT: Duration = Duration::from_secs(25);

/// What is waited for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Awaited {
    #[serde(default)]
    held: usize,
}

/// Lays a fault ready and answers with it.
pub(crate) async fn add(
    State(sandbox): State<Arc<Sandbox>>,
    headers: HeaderMap,
    body: Result<Json<Plan>, JsonRejection>,
) -> Result<Json<Value>, Error> {
    let account = account_of(&sandbox, &headers)?;
    let Json(plan) = body.map_err(|rejection| unreadable(&rejection))?;
    account.faults.add(plan).map(Json)
}

/// Answers with all faults, once as many calls are held as the query asks for.
pub(crate) async fn list(
    State(sandbox): State<Arc<Sandbox>>,
    headers: HeaderMap,
    query: Result<Query<Awaited>, QueryRejection>,
) -> Result<Json<Value>, Error> {
    let account = account_of(&sandbox, &headers)?;
    let Query(awaited) =
        query.map_err(|rejection| Error::parameter("parameter_invalid", &rejection.body_text(), "held"))?;
    let waiting = tokio::time::timeout(LONGEST_WAIT, account.faults.until_held(awaited.held));
    match waiting.await {
        Ok(()) => Ok(Json(account.faults.to_json())),
        Err(_) => Err(Error::refused(&format!("So many calls were not held within {} s.", LONGEST_WAIT.as_secs()))),
    }
}

/// Takes one fault away and lets go what it holds.
pub(crate) async fn remove(
    State(sandbox): State<Arc<Sandbox>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    match account_of(&sandbox, &headers)?.faults.remove(Some(&id)) {
        0 => Err(Error::no_such("fault", &id, "id")),
        removed => Ok(Json(json!({"removed": removed}))),
    }
}

/// Takes all faults away and lets go what they hold.
pub(crate) async fn remove_all(State(sandbox): State<Arc<Sandbox>>, headers: HeaderMap) -> Result<Json<Value>, Error> {
    let removed = account_of(&sandbox, &headers)?.faults.remove(None);
    Ok(Json(json!({"removed": removed})))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limit {
    per_second: Option<u32>,
}

/// Sets how many calls a second are answered; `null` takes the limit away.
pub(crate) async fn limit(
    State(sandbox): State<Arc<Sandbox>>,
    headers: HeaderMap,
    body: Result<Json<Limit>, JsonRejection>,
) -> Result<Json<Value>, Error> {
    let account = account_of(&sandbox, &headers)?;
    let Json(limit) = body.map_err(|rejection| unreadable(&rejection))?;
    account.rate_limit.set(limit.per_second, account.clock.now_ms());
    Ok(Json(json!({"per_second": limit.per_second})))
}
