//! `/v1/payment_methods`: cards and SEPA Direct Debit.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};

use crate::call::{BuyerCall, Call};
use crate::error::Error;
use crate::list::Page;
use crate::objects::payment_method::PaymentMethod;
use crate::payments::instrument::Instrument;
use crate::payments::method::Update;
use crate::server::Sandbox;

const URL: &str = "/v1/payment_methods";

pub(crate) fn router() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/v1/payment_methods", post(create).get(list))
        .route("/v1/payment_methods/{id}", get(retrieve).post(update))
        .route("/v1/payment_methods/{id}/attach", post(attach))
        .route("/v1/payment_methods/{id}/detach", post(detach))
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

async fn list(mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let page = Page::parse(&mut params)?;
    let customer = params.required("customer")?;
    let kind = params.filled("type")?;
    params.ignore(&["allow_redisplay"]);
    params.finish()?;
    call.read_book(|book, _| {
        book.customer_named(&customer)?;
        page.of_table(&book.methods, URL, |method: &PaymentMethod| {
            let fits =
                method.customer.as_ref() == Some(&customer) && kind.as_ref().is_none_or(|kind| method.kind() == kind);
            fits.then(|| method.to_json())
        })
    })
}

async fn retrieve(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.read_book(|book, _| book.method(&id).map(|method| method.to_json()))
}

async fn update(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    let wanted = Update::parse(call.take_params())?;
    call.execute(|book, context| book.update_method(context, &id, wanted)).await
}

async fn attach(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let customer = params.required("customer")?;
    params.finish()?;
    call.execute(|book, context| book.attach(context, &id, &customer)).await
}

async fn detach(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.execute(|book, context| book.detach(context, &id)).await
}
