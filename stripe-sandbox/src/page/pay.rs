//! `/pay/{payment_intent}`: the page that pays one payment intent. (Stripe has it as a part of the shop's own page.)

use std::sync::Arc;

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Form, Router};
use serde::Deserialize;

use crate::account::Account;
use crate::book::{Book, Context};
use crate::headers::RequestId;
use crate::money;
use crate::objects::event::Cause;
use crate::objects::payment_intent::PaymentIntent;
use crate::page::template::{self, Notice, Till};
use crate::page::typed::Typed;
use crate::page::{answer, intent_with, is_web_address, not_found, way_back};
use crate::payments::confirm::Confirmation;
use crate::server::Sandbox;

pub(super) fn router() -> Router<Arc<Sandbox>> {
    Router::new().route("/pay/{id}", get(show).post(pay))
}

/// What the address says.
#[derive(Debug, Deserialize)]
pub(crate) struct Link {
    client_secret: String,
    return_url: Option<String>,
}

/// The form as sent.
#[derive(Deserialize)]
pub(crate) struct Sent {
    client_secret: String,
    return_url: Option<String>,
    #[serde(flatten)]
    typed: Typed,
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
    let found = link.ok().and_then(|Query(link)| Visit::find(&sandbox, &id, &link.client_secret, link.return_url));
    match found {
        Some(visit) => answer(StatusCode::OK, &visit.page(Notice::of(&visit.intent).as_ref())),
        None => not_found(),
    }
}

async fn pay(
    State(sandbox): State<Arc<Sandbox>>,
    Path(id): Path<String>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    sent: Result<Form<Sent>, FormRejection>,
) -> Response {
    let Ok(Form(Sent { client_secret, return_url, typed })) = sent else {
        return answer(StatusCode::BAD_REQUEST, &template::unknown());
    };
    let Some(visit) = Visit::find(&sandbox, &id, &client_secret, return_url) else {
        return not_found();
    };
    let outcome = match typed.instrument(None) {
        Err(error) => Err(error),
        Ok(instrument) => {
            let cause = Cause { request_id, idempotency_key: None };
            let path = visit.path();
            let confirm = |book: &mut Book, context: &Context| {
                let return_url = Some(format!("{}{path}", context.address));
                book.confirm(context, &id, Confirmation { return_url, ..Confirmation::with(instrument) })
            };
            visit.account.transact(Some(cause), confirm).await
        }
    };
    // The payment may have ended in another window meanwhile: the page then shows how.
    let intent = visit.account.read(|book, _| book.intents.get(&id).cloned()).unwrap_or_else(|| visit.intent.clone());
    let visit = Visit { intent, ..visit };
    match outcome {
        Ok(_) => Redirect::to(&visit.intent.bank_path().unwrap_or_else(|| visit.path())).into_response(),
        Err(error) => {
            let notice = Notice { message: error.message(), name: &typed.name, email: typed.email.as_deref() };
            answer(error.status(), &visit.page(Some(&notice)))
        }
    }
}

impl Visit {
    fn find(sandbox: &Sandbox, id: &str, client_secret: &str, return_url: Option<String>) -> Option<Self> {
        let (account, intent) = intent_with(sandbox, id, client_secret)?;
        Some(Self { account, intent, return_url: return_url.filter(|url| is_web_address(url)) })
    }

    fn page(&self, notice: Option<&Notice<'_>>) -> String {
        let intent = &self.intent;
        if !intent.status.is_open() {
            let back = self.return_url.as_deref().and_then(|url| way_back(intent, url));
            return template::outcome(intent, back.as_deref());
        }
        let mut hidden = vec![("client_secret", intent.client_secret.as_str())];
        hidden.extend(self.return_url.as_deref().map(|url| ("return_url", url)));
        template::till(&Till {
            shop: template::SHOP,
            amount: money::shown(intent.amount, &intent.currency),
            description: intent.description.as_deref(),
            items: Vec::new(),
            action: &format!("/pay/{}", intent.id),
            hidden,
            types: &intent.payment_method_types,
            asks_email: false,
            email: None,
            cancel_url: None,
            bank: intent.bank_path().as_deref(),
            notice,
        })
    }

    /// This page's own address on this server.
    fn path(&self) -> String {
        let mut query = vec![("client_secret", self.intent.client_secret.as_str())];
        query.extend(self.return_url.as_deref().map(|url| ("return_url", url)));
        // Only the encoded query is taken from this address.
        let encoded = reqwest::Url::parse_with_params("http://localhost/", query).ok();
        let query = encoded.as_ref().and_then(reqwest::Url::query).unwrap_or_default();
        format!("/pay/{}?{query}", self.intent.id)
    }
}
