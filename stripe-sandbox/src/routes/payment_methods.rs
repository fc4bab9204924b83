//! `/v1/payment_methods`: cards only.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};

use crate::call::{BuyerCall, Call};
use crate::error::Error;
use crate::payments::instrument::Instrument;
use crate::server::Sandbox;

pub(crate) fn router() -> Router<Arc<Sandbox>> {
    Router::new().route("/v1/payment_methods", post(create)).route("/v1/payment_methods/{id}", get(retrieve))
}

async fn create(BuyerCall(mut call): BuyerCall) -> Result<Response, Error> {
    let mut params = call.take_params();
    let metadata = params.metadata()?;
    let instrument = Instrument::parse_data(params)?;
    call.execute(|book, context| {
        let mut method = book.resolve(context, instrument)?;
        if let Some(change) = &metadata {
            change.apply(&mut method.metadata)?;
        }
        let json = method.to_json();
        book.put_method(method);
        Ok(json)
    })
    .await
}

async fn retrieve(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.read_book(|book, _| {
        let method = book.methods.get(&id).ok_or_else(|| Error::no_such("PaymentMethod", &id, "payment_method"))?;
        Ok(method.to_json())
    })
}
