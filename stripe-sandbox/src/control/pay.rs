//! `POST /_sandbox/pay`: the buyer, as one call. Whoever knows the payment's id or client secret, or the Checkout Session's id, may pay.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::Value;

use crate::account::Account;
use crate::book::Book;
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
    payment_intent: Option<String>,
    /// `cs_…`
    checkout_session: Option<String>,
    payment_method: String,
    /// What the buyer says about themselves on the page of a session.
    name: Option<String>,
    email: Option<String>,
}

/// Answers with what the buyer may see of the payment, or with the decline.
pub(crate) async fn pay(
    State(sandbox): State<Arc<Sandbox>>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    body: Result<Json<Pay>, JsonRejection>,
) -> Result<Json<Value>, Error> {
    let Json(wanted) = body.map_err(|rejection| unreadable(&rejection))?;
    let cause = Some(Cause { request_id, idempotency_key: None });
    let instrument = Instrument::Named(wanted.payment_method);
    let outcome = match (wanted.payment_intent, wanted.checkout_session) {
        (Some(intent), None) => {
            let id = intent.split("_secret").next().unwrap_or_default();
            let account = sandbox.account_with(id)?;
            let confirmation = Confirmation::with(instrument);
            account.transact(cause, |book, context| book.confirm(context, id, confirmation)).await
        }
        (None, Some(id)) => {
            let account = sandbox.account_with_session(&id)?;
            let payer = (wanted.name, wanted.email);
            account.transact(cause, |book, context| book.submit(context, &id, instrument, payer)).await
        }
        _ => {
            let message = "Say what to pay: payment_intent or checkout_session.";
            Err(Error::parameter("parameter_missing", message, "payment_intent"))
        }
    };
    outcome.map(|mut intent| {
        hide_private(&mut intent);
        Json(intent)
    })
}

impl Sandbox {
    /// The account that has this payment intent.
    pub(crate) fn account_with(&self, intent: &str) -> Result<Arc<Account>, Error> {
        self.account_where(|book| book.intents.get(intent).is_some())
            .ok_or_else(|| Error::no_such("payment_intent", intent, "payment_intent"))
    }

    /// The account that has this Checkout Session.
    pub(crate) fn account_with_session(&self, session: &str) -> Result<Arc<Account>, Error> {
        self.account_where(|book| book.sessions.get(session).is_some())
            .ok_or_else(|| Error::no_such("checkout.session", session, "checkout_session"))
    }

    fn account_where(&self, holds: impl Fn(&Book) -> bool) -> Option<Arc<Account>> {
        self.accounts.iter().find(|account| account.read(|book, _| holds(book))).cloned()
    }
}
