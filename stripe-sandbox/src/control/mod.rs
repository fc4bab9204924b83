//! What Stripe does not have: moving time, paying without a browser, stalling and losing callbacks. For tests and for trying things out.

mod advance;
mod authenticate;
mod callbacks;
mod delays;
mod faults;
mod pay;
mod state;
mod trigger;

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::http::HeaderMap;
use axum::routing::{delete, get, post};

use crate::account::{Access, Account};
use crate::call::bearer_key;
use crate::error::Error;
use crate::server::Sandbox;

/// Everything below `/_sandbox`.
pub(crate) fn router() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/_sandbox/advance", post(advance::advance))
        .route("/_sandbox/authenticate", post(authenticate::authenticate))
        .route("/_sandbox/callbacks", post(callbacks::control))
        .route("/_sandbox/delays", post(delays::set))
        .route("/_sandbox/faults", post(faults::add).get(faults::list).delete(faults::remove_all))
        .route("/_sandbox/faults/{id}", delete(faults::remove))
        .route("/_sandbox/rate_limit", post(faults::limit))
        .route("/_sandbox/pay", post(pay::pay))
        .route("/_sandbox/state", get(state::state))
        .route("/_sandbox/trigger", post(trigger::trigger))
}

/// The account whose secret key is shown.
fn account_of(sandbox: &Sandbox, headers: &HeaderMap) -> Result<Arc<Account>, Error> {
    let (account, access) = sandbox.account_of(&bearer_key(headers).unwrap_or_default())?;
    if access == Access::Secret { Ok(account) } else { Err(Error::secret_key_required()) }
}

/// A body that is not what the endpoint takes.
fn unreadable(rejection: &JsonRejection) -> Error {
    Error::parameter("parameter_invalid", &rejection.body_text(), "")
}
