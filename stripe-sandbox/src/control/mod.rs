//! What Stripe does not have: moving time, paying without a browser, stalling and losing callbacks. For tests and for trying things out.

mod advance;
mod authenticate;
mod callbacks;
mod pay;
mod state;

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::routing::{get, post};

use crate::error::Error;
use crate::server::Sandbox;

/// Everything below `/_sandbox`.
pub(crate) fn router() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/_sandbox/advance", post(advance::advance))
        .route("/_sandbox/authenticate", post(authenticate::authenticate))
        .route("/_sandbox/callbacks", post(callbacks::control))
        .route("/_sandbox/pay", post(pay::pay))
        .route("/_sandbox/state", get(state::state))
}

/// A body that is not what the endpoint takes.
fn unreadable(rejection: &JsonRejection) -> Error {
    Error::parameter("parameter_invalid", &rejection.body_text(), "")
}
