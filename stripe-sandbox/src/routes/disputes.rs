//! `/v1/disputes` and `/v1/radar/early_fraud_warnings`.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};

use crate::call::Call;
use crate::disputes::Answer;
use crate::error::Error;
use crate::list::Page;
use crate::objects::dispute::Dispute;
use crate::objects::early_fraud_warning::EarlyFraudWarning;
use crate::server::Sandbox;

const URL: &str = "/v1/disputes";
const WARNINGS_URL: &str = "/v1/radar/early_fraud_warnings";

pub(crate) fn router() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/v1/disputes", get(list))
        .route("/v1/disputes/{id}", get(retrieve).post(update))
        .route("/v1/disputes/{id}/close", post(close))
        .route("/v1/radar/early_fraud_warnings", get(list_warnings))
        .route("/v1/radar/early_fraud_warnings/{id}", get(retrieve_warning))
}

async fn list(mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let page = Page::parse(&mut params)?;
    let (charge, intent) = (params.filled("charge")?, params.filled("payment_intent")?);
    params.finish()?;
    call.read_book(|book, context| {
        page.of_table(&book.disputes, URL, |dispute: &Dispute| {
            let fits = charge.as_ref().is_none_or(|charge| dispute.charge == *charge)
                && intent.as_ref().is_none_or(|intent| dispute.payment_intent == *intent);
            fits.then(|| book.dispute_json(dispute, context.now()))
        })
    })
}

async fn retrieve(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.read_book(|book, context| Ok(book.dispute_json(book.dispute(&id)?, context.now())))
}

async fn update(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    let answer = Answer::parse(call.take_params())?;
    call.execute(|book, context| book.answer_dispute(context, &id, &answer)).await
}

async fn close(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.execute(|book, context| book.give_up_dispute(context, &id)).await
}

async fn list_warnings(mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let page = Page::parse(&mut params)?;
    let (charge, intent) = (params.filled("charge")?, params.filled("payment_intent")?);
    params.finish()?;
    call.read_book(|book, _| {
        page.of_table(&book.fraud_warnings, WARNINGS_URL, |warning: &EarlyFraudWarning| {
            let fits = charge.as_ref().is_none_or(|charge| warning.charge == *charge)
                && intent.as_ref().is_none_or(|intent| warning.payment_intent == *intent);
            fits.then(|| warning.to_json())
        })
    })
}

async fn retrieve_warning(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.read_book(|book, _| {
        let missing = || Error::no_such("early fraud warning", &id, "early_fraud_warning");
        Ok(book.fraud_warnings.get(&id).ok_or_else(missing)?.to_json())
    })
}
