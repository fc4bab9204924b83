//! `/v1/checkout/sessions`.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};

use crate::call::Call;
use crate::checkout::create::Create;
use crate::error::Error;
use crate::list::{self, Page};
use crate::objects::checkout_session::CheckoutSession;
use crate::server::Sandbox;

const URL: &str = "/v1/checkout/sessions";

pub(crate) fn router() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/v1/checkout/sessions", post(create).get(list))
        .route("/v1/checkout/sessions/{id}", get(retrieve).post(update))
        .route("/v1/checkout/sessions/{id}/expire", post(expire))
        .route("/v1/checkout/sessions/{id}/line_items", get(line_items))
}

async fn create(mut call: Call) -> Result<Response, Error> {
    let wanted = Create::parse(call.take_params())?;
    call.execute(|book, context| book.create_session(context, wanted)).await
}

async fn list(mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let page = Page::parse(&mut params)?;
    let (intent, customer) = (params.filled("payment_intent")?, params.filled("customer")?);
    let status = params.filled("status")?;
    params.finish()?;
    call.read_book(|book, _| {
        page.of_table(&book.sessions, URL, |session: &CheckoutSession| {
            let fits = (intent.is_none() || session.payment_intent == intent)
                && (customer.is_none() || session.customer == customer)
                && status.as_ref().is_none_or(|status| session.status.as_str() == status);
            fits.then(|| session.to_json())
        })
    })
}

async fn retrieve(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.read_book(|book, _| book.session(&id).map(|session| session.to_json()))
}

async fn update(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let change = params.metadata()?;
    params.finish()?;
    call.execute(|book, _| book.update_session(&id, change.as_ref())).await
}

async fn expire(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.execute(|book, context| book.expire_session(context, &id)).await
}

async fn line_items(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let limit = list::limit(&mut params)?;
    let after = params.filled("starting_after")?;
    params.finish()?;
    call.read_book(|book, _| book.session(&id)?.lines(after.as_deref(), limit))
}
