//! `POST /_sandbox/pay`: the buyer, as one call. Whoever knows the payment's id or client secret may pay it.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::Value;

use crate::account::Account;
use crate::control::unreadable;
use crate::error::Error;
use crate::headers::RequestId;
use crate::objects::event::Cause;
use crate::objects::payment_intent::hide_private;
use crate::payments::confirm::Confirmation;
use crate::payments::instrument::Instrument;
use crate::server::Sandbox;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pay {
    /// `pi_…`, or its client secret.
    payment_intent: String,
    payment_method: String,
}

/// Answers with what the buyer may see of the payment, or with the decline.
pub(crate) async fn pay(
    State(sandbox): State<Arc<Sandbox>>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    body: Result<Json<Pay>, JsonRejection>,
) -> Result<Json<Value>, Error> {
    let Json(wanted) = body.map_err(|rejection| unreadable(&rejection))?;
    let id = wanted.payment_intent.split("_secret").next().unwrap_or_default().to_owned();
    let account = sandbox.account_with(&id)?;
    let cause = Cause { request_id, idempotency_key: None };
    let confirmation = Confirmation::with(Instrument::Named(wanted.payment_method));
    let outcome = account.transact(Some(cause), |book, context| book.confirm(context, &id, confirmation)).await;
    outcome.map(|mut intent| {
        hide_private(&mut intent);
        Json(intent)
    })
}

impl Sandbox {
    /// The account that has this payment intent.
    pub(crate) fn account_with(&self, intent: &str) -> Result<Arc<Account>, Error> {
        let has = |account: &&Arc<Account>| account.read(|book, _| book.intents.get(intent).is_some());
        self.accounts
            .iter()
            .find(has)
            .cloned()
            .ok_or_else(|| Error::no_such("payment_intent", intent, "payment_intent"))
    }
}
