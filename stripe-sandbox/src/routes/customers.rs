//! `/v1/customers`.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};

use crate::call::Call;
use crate::error::Error;
use crate::list::Page;
use crate::objects::customer::Customer;
use crate::objects::payment_method::PaymentMethod;
use crate::payments::customer::Details;
use crate::server::Sandbox;

const URL: &str = "/v1/customers";

pub(crate) fn router() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/v1/customers", post(create).get(list))
        .route("/v1/customers/{id}", get(retrieve).post(update).delete(delete))
        .route("/v1/customers/{id}/payment_methods", get(methods))
        .route("/v1/customers/{id}/payment_methods/{method}", get(method))
}

async fn create(mut call: Call) -> Result<Response, Error> {
    let details = Details::parse(call.take_params())?;
    call.execute(|book, context| book.create_customer(context, details)).await
}

async fn list(mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let page = Page::parse(&mut params)?;
    let email = params.filled("email")?;
    params.finish()?;
    call.read_book(|book, _| {
        page.of_table(&book.customers, URL, |customer: &Customer| {
            let fits = !customer.deleted && (email.is_none() || customer.email == email);
            fits.then(|| customer.to_json())
        })
    })
}

async fn retrieve(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.read_book(|book, _| book.customer(&id).map(|customer| customer.to_json()))
}

async fn update(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    let details = Details::parse(call.take_params())?;
    if details.payment_method.is_some() {
        return Err(Error::parameter(
            "parameter_unknown",
            "Received unknown parameter: payment_method",
            "payment_method",
        ));
    }
    call.execute(|book, context| book.update_customer(context, &id, details)).await
}

async fn delete(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.execute(|book, context| book.delete_customer(context, &id)).await
}

async fn methods(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let page = Page::parse(&mut params)?;
    let kind = params.filled("type")?;
    params.ignore(&["allow_redisplay"]);
    params.finish()?;
    call.read_book(|book, _| {
        book.customer(&id)?;
        page.of_table(&book.methods, &format!("{URL}/{id}/payment_methods"), |method: &PaymentMethod| {
            let fits = method.customer.as_ref() == Some(&id) && kind.as_ref().is_none_or(|kind| method.kind() == kind);
            fits.then(|| method.to_json())
        })
    })
}

async fn method(Path((id, method)): Path<(String, String)>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.read_book(|book, _| {
        let found = book.method(&method)?;
        let own = found.customer.as_ref() == Some(&id);
        if own { Ok(found.to_json()) } else { Err(Error::no_such("PaymentMethod", &method, "payment_method")) }
    })
}
