//! Stripe's endpoints, one group a file: take the parameters, call one rule or look-up, show the result. No rule lives here.

mod accounts;
mod balance_transactions;
mod charges;
mod checkout_sessions;
mod customers;
mod disputes;
mod events;
mod funds;
mod payment_intents;
mod payment_methods;
mod refunds;
mod webhook_endpoints;

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, Uri};

use crate::error::Error;
use crate::server::Sandbox;

/// Everything below `/v1`.
pub(crate) fn router() -> Router<Arc<Sandbox>> {
    Router::new()
        .merge(accounts::router())
        .merge(balance_transactions::router())
        .merge(charges::router())
        .merge(checkout_sessions::router())
        .merge(customers::router())
        .merge(disputes::router())
        .merge(events::router())
        .merge(funds::router())
        .merge(payment_intents::router())
        .merge(payment_methods::router())
        .merge(refunds::router())
        .merge(webhook_endpoints::router())
}

/// The answer to an address that is none of them.
pub(crate) async fn unknown(method: Method, uri: Uri) -> Error {
    Error::no_such_url(method.as_str(), uri.path())
}
