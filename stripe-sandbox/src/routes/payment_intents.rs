//! `/v1/payment_intents`.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use crate::book::Book;
use crate::call::{BuyerCall, Call};
use crate::error::Error;
use crate::list::{self, Page};
use crate::objects::payment_intent::PaymentIntent;
use crate::payments::cancel;
use crate::payments::confirm::Confirmation;
use crate::payments::create::Create;
use crate::payments::update::Update;
use crate::search::Query;
use crate::server::Sandbox;

pub(crate) fn router() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/v1/payment_intents", post(create).get(list))
        .route("/v1/payment_intents/search", get(search))
        .route("/v1/payment_intents/{id}", get(retrieve).post(update))
        .route("/v1/payment_intents/{id}/confirm", post(confirm))
        .route("/v1/payment_intents/{id}/cancel", post(cancel))
        .route("/v1/payment_intents/{id}/capture", post(capture))
}

async fn create(mut call: Call) -> Result<Response, Error> {
    let wanted = Create::parse(call.take_params())?;
    call.execute(|book, context| book.create(context, wanted)).await
}

async fn list(mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let page = Page::parse(&mut params)?;
    let customer = params.filled("customer")?;
    params.finish()?;
    call.read_book(|book, _| {
        page.of_table(&book.intents, "/v1/payment_intents", |intent| {
            let fits = customer.is_none() || customer == intent.customer;
            fits.then(|| intent.to_json())
        })
    })
}

async fn search(mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let query = Query::parse(&params.required("query")?)?;
    let limit = list::limit(&mut params)?;
    let skip: usize = params.filled("page")?.and_then(|page| page.parse().ok()).unwrap_or(0);
    params.finish()?;
    call.read_book(|book, _| {
        let found = query.run(book);
        let data: Vec<Value> = found.iter().skip(skip).take(limit).map(|intent| intent.to_json()).collect();
        let end = skip.saturating_add(data.len());
        let has_more = end < found.len();
        Ok(json!({
            "object": "search_result",
            "data": data,
            "has_more": has_more,
            "next_page": has_more.then(|| end.to_string()),
            "url": "/v1/payment_intents/search",
        }))
    })
}

async fn retrieve(Path(id): Path<String>, BuyerCall(mut call): BuyerCall) -> Result<Response, Error> {
    let mut params = call.take_params();
    let secret = params.filled("client_secret")?;
    params.finish()?;
    let is_buyer = call.is_buyer();
    call.read_book(|book, _| {
        check_secret(book, &id, secret.as_deref(), is_buyer)?;
        book.intent(&id).map(|intent| intent.to_json())
    })
}

async fn update(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    let wanted = Update::parse(call.take_params())?;
    call.execute(|book, context| book.update(context, &id, wanted)).await
}

async fn confirm(Path(id): Path<String>, BuyerCall(mut call): BuyerCall) -> Result<Response, Error> {
    let mut params = call.take_params();
    let secret = params.filled("client_secret")?;
    let wanted = Confirmation::parse(&mut params)?;
    params.ignore(&[
        "payment_method_types",
        "receipt_email",
        "shipping",
        "mandate",
        "mandate_data",
        "radar_options",
        "expected_payment_method_type",
        "client_attribution_metadata",
        "confirmation_token",
        "client_context",
    ]);
    params.finish()?;
    let is_buyer = call.is_buyer();
    call.execute(|book, context| {
        check_secret(book, &id, secret.as_deref(), is_buyer)?;
        book.confirm(context, &id, wanted)
    })
    .await
}

async fn cancel(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let reason = params.choice("cancellation_reason", cancel::reason)?;
    params.finish()?;
    call.execute(|book, context| book.cancel(context, &id, reason)).await
}

async fn capture(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let amount = params.integer("amount_to_capture")?;
    if params.boolean("final_capture")? == Some(false) {
        let message = "This PaymentIntent does not support multiple captures: its charge says so in payment_method_details[card][multicapture].";
        return Err(Error::parameter("parameter_invalid", message, "final_capture"));
    }
    params.ignore(&["statement_descriptor", "statement_descriptor_suffix"]);
    params.finish()?;
    call.execute(|book, context| book.capture(context, &id, amount)).await
}

/// A buyer must show the client secret; a secret key may leave it out, but not send a wrong one.
fn check_secret(book: &Book, id: &str, secret: Option<&str>, required: bool) -> Result<(), Error> {
    let matches =
        |intent: &PaymentIntent, secret: &str| bool::from(intent.client_secret.as_bytes().ct_eq(secret.as_bytes()));
    match (book.intents.get(id), secret) {
        (_, None) if required => Err(Error::missing_parameter("client_secret")),
        (Some(intent), Some(secret)) if !matches(intent, secret) => {
            let message = "The client_secret provided does not match any associated PaymentIntent on this account. Ensure the publishable key used belongs to the same account that created the PaymentIntent.";
            Err(Error::parameter("payment_intent_invalid_parameter", message, "client_secret"))
        }
        _ => Ok(()),
    }
}
