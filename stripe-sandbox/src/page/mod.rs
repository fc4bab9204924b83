//! The payment page: where a buyer types a card. Plain HTML, works without scripts, loads nothing from anywhere. What is typed is looked
//! up and forgotten; it is never stored, logged or shown again.

mod template;

use std::sync::{Arc, LazyLock};

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Form, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::account::Account;
use crate::headers::RequestId;
use crate::objects::event::Cause;
use crate::objects::payment_intent::{PaymentIntent, Status};
use crate::objects::payment_method::Billing;
use crate::page::template::{Notice, STYLE};
use crate::payments::instrument::Instrument;
use crate::server::Sandbox;

/// The largest form, in bytes.
const LARGEST_FORM: usize = 16 * 1024;

/// `/pay/{payment_intent}`.
pub(crate) fn router() -> Router<Arc<Sandbox>> {
    Router::new().route("/pay/{id}", get(show).post(pay)).layer(DefaultBodyLimit::max(LARGEST_FORM))
}

/// What the address says.
#[derive(Debug, Deserialize)]
pub(crate) struct Link {
    client_secret: String,
    return_url: Option<String>,
}

/// What the buyer typed. It has no `Debug`, so that a card number cannot be logged by accident.
#[derive(Deserialize)]
pub(crate) struct Typed {
    client_secret: String,
    return_url: Option<String>,
    number: String,
    expiry: String,
    cvc: String,
    name: String,
}

/// A payment and the way back to the shop.
#[derive(Debug)]
struct Visit {
    account: Arc<Account>,
    intent: PaymentIntent,
    return_url: Option<String>,
}

async fn show(
    State(sandbox): State<Arc<Sandbox>>,
    Path(id): Path<String>,
    link: Result<Query<Link>, QueryRejection>,
) -> Response {
    let found = link.ok().and_then(|Query(link)| visit(&sandbox, &id, &link.client_secret, link.return_url));
    match found {
        Some(visit) => answer(StatusCode::OK, &visit.page(None)),
        None => answer(StatusCode::NOT_FOUND, &template::unknown()),
    }
}

async fn pay(
    State(sandbox): State<Arc<Sandbox>>,
    Path(id): Path<String>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    typed: Result<Form<Typed>, FormRejection>,
) -> Response {
    let Ok(Form(typed)) = typed else {
        return answer(StatusCode::BAD_REQUEST, &template::unknown());
    };
    let Some(visit) = visit(&sandbox, &id, &typed.client_secret, typed.return_url.clone()) else {
        return answer(StatusCode::NOT_FOUND, &template::unknown());
    };
    let outcome = match instrument(&typed) {
        Err(error) => Err(error),
        Ok(card) => {
            let cause = Cause { request_id, idempotency_key: None };
            visit.account.transact(Some(cause), |book, context| book.confirm(context, &id, Some(card))).await
        }
    };
    let Err(error) = outcome else {
        return Redirect::to(&visit.address()).into_response();
    };
    // The payment may have ended in another window meanwhile: the page then shows how.
    let intent = visit.account.read(|book, _| book.intents.get(&id).cloned()).unwrap_or_else(|| visit.intent.clone());
    let visit = Visit { intent, ..visit };
    let notice = Notice { message: error.message(), name: &typed.name };
    answer(error.status(), &visit.page(Some(&notice)))
}

fn instrument(typed: &Typed) -> Result<Instrument, crate::error::Error> {
    let (month, year) = typed.expiry.split_once('/').unwrap_or_else(|| {
        let middle = typed.expiry.len().min(2);
        typed.expiry.split_at_checked(middle).unwrap_or_default()
    });
    let name = Some(typed.name.trim().to_owned()).filter(|name| !name.is_empty());
    let billing = Billing { name, ..Billing::default() };
    Instrument::card(&typed.number, month, year, Some(typed.cvc.trim()), billing)
}

fn visit(sandbox: &Sandbox, id: &str, client_secret: &str, return_url: Option<String>) -> Option<Visit> {
    let account = sandbox.account_with(id).ok()?;
    let intent = account.read(|book, _| book.intents.get(id).cloned())?;
    let known = bool::from(intent.client_secret.as_bytes().ct_eq(client_secret.as_bytes()));
    known.then(|| Visit { account, intent, return_url: return_url.filter(|url| is_web_address(url)) })
}

/// Only addresses that a browser opens as a page; never `javascript:` or `data:`.
fn is_web_address(url: &str) -> bool {
    reqwest::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

impl Visit {
    fn page(&self, notice: Option<&Notice<'_>>) -> String {
        match self.intent.status {
            Status::RequiresPaymentMethod | Status::RequiresConfirmation => {
                template::form(&self.intent, self.return_url.as_deref(), notice)
            }
            status => template::outcome(&self.intent, status, self.way_back().as_deref()),
        }
    }

    /// This page's own address.
    fn address(&self) -> String {
        let mut query = vec![("client_secret", self.intent.client_secret.as_str())];
        query.extend(self.return_url.as_deref().map(|url| ("return_url", url)));
        // Only the encoded query is taken from this address.
        let encoded = reqwest::Url::parse_with_params("http://localhost/", query).ok();
        let query = encoded.as_ref().and_then(reqwest::Url::query).unwrap_or_default();
        format!("/pay/{}?{query}", self.intent.id)
    }

    /// The shop's address with what Stripe adds to it.
    fn way_back(&self) -> Option<String> {
        let status = match self.intent.status {
            Status::Succeeded | Status::RequiresCapture => "succeeded",
            Status::Processing => "pending",
            _ => "failed",
        };
        let mut url = reqwest::Url::parse(self.return_url.as_deref()?).ok()?;
        url.query_pairs_mut()
            .append_pair("payment_intent", &self.intent.id)
            .append_pair("payment_intent_client_secret", &self.intent.client_secret)
            .append_pair("redirect_status", status);
        Some(url.into())
    }
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
