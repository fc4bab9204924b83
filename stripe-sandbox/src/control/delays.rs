//! `POST /_sandbox/delays`: how long disputes, decisions, fraud warnings and payouts take in the account whose secret key is shown.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::control::{account_of, unreadable};
use crate::error::Error;
use crate::server::Sandbox;

/// What shall change, in seconds; the rest stays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    dispute: Option<u32>,
    verdict: Option<u32>,
    fraud_warning: Option<u32>,
    payout: Option<u32>,
}

/// Answers with all delays as they are then, in seconds.
pub(crate) async fn set(
    State(sandbox): State<Arc<Sandbox>>,
    headers: HeaderMap,
    body: Result<Json<Change>, JsonRejection>,
) -> Result<Json<Value>, Error> {
    let account = account_of(&sandbox, &headers)?;
    let Json(change) = body.map_err(|rejection| unreadable(&rejection))?;
    let milliseconds = |seconds: Option<u32>, now: i64| seconds.map_or(now, |seconds| i64::from(seconds) * 1000);
    let delays = account.set_delays(|delays| {
        delays.dispute_ms = milliseconds(change.dispute, delays.dispute_ms);
        delays.verdict_ms = milliseconds(change.verdict, delays.verdict_ms);
        delays.fraud_warning_ms = milliseconds(change.fraud_warning, delays.fraud_warning_ms);
        delays.payout_ms = milliseconds(change.payout, delays.payout_ms);
    });
    Ok(Json(json!({
        "dispute": delays.dispute_ms / 1000,
        "verdict": delays.verdict_ms / 1000,
        "fraud_warning": delays.fraud_warning_ms / 1000,
        "payout": delays.payout_ms / 1000,
    })))
}
