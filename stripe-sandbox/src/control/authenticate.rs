//! `POST /_sandbox/authenticate`: the buyer at the bank's 3-D Secure page, as one call.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::Value;

use crate::control::unreadable;
use crate::error::Error;
use crate::headers::RequestId;
use crate::objects::event::Cause;
use crate::objects::payment_intent::hide_private;
use crate::payments::authenticate::Outcome;
use crate::server::Sandbox;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Authenticate {
    /// `pi_…`, or its client secret.
    payment_intent: String,
    outcome: Outcome,
}

/// Answers with what the buyer may see of the payment afterwards.
pub(crate) async fn authenticate(
    State(sandbox): State<Arc<Sandbox>>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    body: Result<Json<Authenticate>, JsonRejection>,
) -> Result<Json<Value>, Error> {
    let Json(wanted) = body.map_err(|rejection| unreadable(&rejection))?;
    let id = wanted.payment_intent.split("_secret").next().unwrap_or_default().to_owned();
    let account = sandbox.account_with(&id)?;
    let cause = Cause { request_id, idempotency_key: None };
    let outcome = account.transact(Some(cause), |book, context| book.authenticate(context, &id, wanted.outcome)).await;
    outcome.map(|mut intent| {
        hide_private(&mut intent);
        Json(intent)
    })
}
