//! The pages that a buyer sees: where a card is typed, and where the bank asks who they are. Plain HTML, works without scripts, loads
//! nothing from anywhere. What is typed is looked up and forgotten; it is never stored, logged or shown again.

mod authenticate;
mod checkout;
mod onboarding;
mod pay;
mod template;
mod typed;

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::account::Account;
use crate::objects::payment_intent::{PaymentIntent, Status};
use crate::page::template::STYLE;
use crate::server::Sandbox;

/// The largest form, in bytes.
const LARGEST_FORM: usize = 16 * 1024;

/// All pages.
pub(crate) fn router() -> Router<Arc<Sandbox>> {
    Router::new()
        .merge(authenticate::router())
        .merge(checkout::router())
        .merge(pay::router())
        .merge(onboarding::router())
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
}

/// The payment and its account, for whoever knows its secret.
fn intent_with(sandbox: &Sandbox, id: &str, client_secret: &str) -> Option<(Arc<Account>, PaymentIntent)> {
    let account = sandbox.account_with(id).ok()?;
    let intent = account.read(|book, _| book.intents.get(id).cloned())?;
    let known = bool::from(intent.client_secret.as_bytes().ct_eq(client_secret.as_bytes()));
    known.then_some((account, intent))
}

/// Only addresses that a browser opens as a page; never `javascript:` or `data:`.
fn is_web_address(url: &str) -> bool {
    reqwest::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// The shop's address with what Stripe adds to it about the payment.
fn way_back(intent: &PaymentIntent, return_url: &str) -> Option<String> {
    let status = match intent.status {
        Status::Succeeded | Status::RequiresCapture => "succeeded",
        Status::Processing => "pending",
        _ => "failed",
    };
    let mut url = reqwest::Url::parse(return_url).ok()?;
    url.query_pairs_mut()
        .append_pair("payment_intent", &intent.id)
        .append_pair("payment_intent_client_secret", &intent.client_secret)
        .append_pair("redirect_status", status);
    Some(url.into())
}

/// The one style sheet is named by its hash; everything else is forbidden.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
});

fn answer(status: StatusCode, page: &str) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY.as_str()),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    (status, headers, Html(page.to_owned())).into_response()
}

fn not_found() -> Response {
    answer(StatusCode::NOT_FOUND, &template::unknown())
}
