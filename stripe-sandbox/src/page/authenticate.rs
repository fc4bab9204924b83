//! `/3d-secure/{payment_intent}`: the bank's page, on which the buyer proves who they are, fails to, or goes away.

use std::sync::Arc;

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Form, Router};
use serde::Deserialize;

use crate::book::{Book, Context};
use crate::headers::RequestId;
use crate::objects::event::Cause;
use crate::objects::payment_intent::{PaymentIntent, Status};
use crate::page::{answer, intent_with, is_web_address, not_found, template, way_back};
use crate::payments::authenticate::Outcome;
use crate::server::Sandbox;

pub(super) fn router() -> Router<Arc<Sandbox>> {
    Router::new().route("/3d-secure/{id}", get(show).post(decide))
}

/// What the address says.
#[derive(Debug, Deserialize)]
pub(crate) struct Link {
    client_secret: String,
}

/// The buyer's decision.
#[derive(Debug, Deserialize)]
pub(crate) struct Decision {
    client_secret: String,
    outcome: Outcome,
}

async fn show(
    State(sandbox): State<Arc<Sandbox>>,
    Path(id): Path<String>,
    link: Result<Query<Link>, QueryRejection>,
) -> Response {
    match link.ok().and_then(|Query(link)| intent_with(&sandbox, &id, &link.client_secret)) {
        Some((account, intent)) if intent.status == Status::RequiresAction => {
            let session = |book: &Book| book.sessions.get(intent.session.as_ref()?)?.display_name.clone();
            let shop = account.read(|book, _| session(book));
            answer(StatusCode::OK, &template::bank(&intent, shop.as_deref().unwrap_or(template::SHOP)))
        }
        Some((_, intent)) => answer(StatusCode::OK, &template::outcome(&intent, None)),
        None => not_found(),
    }
}

async fn decide(
    State(sandbox): State<Arc<Sandbox>>,
    Path(id): Path<String>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    sent: Result<Form<Decision>, FormRejection>,
) -> Response {
    let Ok(Form(decision)) = sent else {
        return answer(StatusCode::BAD_REQUEST, &template::unknown());
    };
    let Some((account, intent)) = intent_with(&sandbox, &id, &decision.client_secret) else {
        return not_found();
    };
    let cause = Cause { request_id, idempotency_key: None };
    let authenticate = |book: &mut Book, context: &Context| {
        let outcome = book.authenticate(context, &id, decision.outcome);
        (outcome.is_ok(), book.intents.get(&id).cloned(), context.address.clone())
    };
    let (done, after, here) = account.transact(Some(cause), authenticate).await;
    let after = after.unwrap_or_else(|| intent.clone());
    let return_url = intent.next_action.filter(|_| done).and_then(|action| action.return_url);
    leave(&after, return_url.as_deref(), &here)
}

/// Sends the buyer on. Browsers refuse to follow a form to another site, so the way to the shop is a page of its own.
fn leave(intent: &PaymentIntent, return_url: Option<&str>, here: &str) -> Response {
    let Some(url) = return_url.filter(|url| is_web_address(url)) else {
        return answer(StatusCode::OK, &template::outcome(intent, None));
    };
    match url.strip_prefix(here).filter(|path| path.starts_with('/')) {
        Some(path) => Redirect::to(path).into_response(),
        None => answer(StatusCode::OK, &template::outcome(intent, way_back(intent, url).as_deref())),
    }
}
