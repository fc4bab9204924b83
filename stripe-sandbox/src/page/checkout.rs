//! `/c/pay/{session}`: the page of a Checkout Session. Whoever has its address may pay.

use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Form, Router};

use crate::account::Account;
use crate::headers::RequestId;
use crate::money;
use crate::objects::checkout_session::{CheckoutSession, Status};
use crate::objects::event::Cause;
use crate::objects::payment_intent::PaymentIntent;
use crate::page::template::{self, Item, Notice, Till};
use crate::page::typed::Typed;
use crate::page::{answer, not_found};
use crate::server::Sandbox;

pub(super) fn router() -> Router<Arc<Sandbox>> {
    Router::new().route("/c/pay/{id}", get(show).post(pay))
}

/// A session with its payment, if one was begun, and the buyer's email address, if the shop knows it.
#[derive(Debug)]
struct Visit {
    session: CheckoutSession,
    intent: Option<PaymentIntent>,
    email: Option<String>,
}

async fn show(State(sandbox): State<Arc<Sandbox>>, Path(id): Path<String>) -> Response {
    let Some(visit) = sandbox.account_with_session(&id).ok().and_then(|account| Visit::find(&account, &id)) else {
        return not_found();
    };
    let notice = visit.intent.as_ref().and_then(Notice::of);
    answer(StatusCode::OK, &visit.page(notice.as_ref()))
}

async fn pay(
    State(sandbox): State<Arc<Sandbox>>,
    Path(id): Path<String>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    sent: Result<Form<Typed>, FormRejection>,
) -> Response {
    let Ok(account) = sandbox.account_with_session(&id) else {
        return not_found();
    };
    let Some((visit, Form(typed))) = Visit::find(&account, &id).zip(sent.ok()) else {
        return answer(StatusCode::BAD_REQUEST, &template::unknown());
    };
    let outcome = match typed.instrument(visit.email.as_deref()) {
        Err(error) => Err(error),
        Ok(instrument) => {
            let cause = Cause { request_id, idempotency_key: None };
            let payer = (Some(typed.name.clone()), typed.email.clone());
            account.transact(Some(cause), |book, context| book.submit(context, &id, instrument, payer)).await
        }
    };
    let visit = Visit::find(&account, &id).unwrap_or(visit);
    match outcome {
        Ok(_) => {
            let bank = visit.intent.as_ref().and_then(PaymentIntent::bank_path);
            Redirect::to(&bank.unwrap_or_else(|| format!("/c/pay/{id}"))).into_response()
        }
        Err(error) => {
            let notice = Notice { message: error.message(), name: &typed.name, email: typed.email.as_deref() };
            answer(error.status(), &visit.page(Some(&notice)))
        }
    }
}

impl Visit {
    fn find(account: &Account, id: &str) -> Option<Self> {
        account.read(|book, _| {
            let session = book.sessions.get(id)?.clone();
            let intent = session.payment_intent.as_ref().and_then(|id| book.intents.get(id)).cloned();
            let customer = session.customer.as_ref().and_then(|id| book.customers.get(id));
            let email = session.customer_email.clone().or_else(|| customer.and_then(|customer| customer.email.clone()));
            Some(Self { session, intent, email })
        })
    }

    fn page(&self, notice: Option<&Notice<'_>>) -> String {
        let session = &self.session;
        let shown = |amount| money::shown(amount, &session.currency);
        match (session.status, &self.intent) {
            (Status::Open, _) => {}
            (Status::Complete, Some(intent)) => {
                return template::outcome(intent, Some(&session.success_address()));
            }
            _ => {
                let text = "The time to pay is over. Nothing was charged.";
                return template::ending("This page has expired", text, "", session.cancel_url.as_deref());
            }
        }
        let items = session.line_items.iter().map(|line| Item {
            name: &line.name,
            description: line.description.as_deref(),
            pieces: (line.quantity > 1).then(|| format!("{} × {}", line.quantity, shown(line.unit_amount))),
            amount: shown(line.total()),
        });
        template::till(&Till {
            shop: session.display_name.as_deref().unwrap_or(template::SHOP),
            amount: shown(session.amount_total),
            description: session.intent_data.description.as_deref(),
            items: items.collect(),
            action: &format!("/c/pay/{}", session.id),
            hidden: Vec::new(),
            types: &session.payment_method_types,
            asks_email: self.email.is_none(),
            email: self.email.as_deref(),
            cancel_url: session.cancel_url.as_deref(),
            bank: self.intent.as_ref().and_then(PaymentIntent::bank_path).as_deref(),
            notice,
        })
    }
}
