//! `/v1/charges`: read only; charges are made by confirming a payment intent.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;

use crate::call::Call;
use crate::error::Error;
use crate::list::Page;
use crate::objects::charge::Charge;
use crate::objects::refund::Refund;
use crate::server::Sandbox;

const URL: &str = "/v1/charges";

pub(crate) fn router() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/v1/charges", get(list))
        .route("/v1/charges/{id}", get(retrieve))
        .route("/v1/charges/{id}/refunds", get(refunds))
}

async fn list(mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let page = Page::parse(&mut params)?;
    let intent = params.filled("payment_intent")?;
    let customer = params.filled("customer")?;
    params.finish()?;
    call.read_book(|book, _| {
        let show = |charge: &Charge| {
            let fits = customer.is_none() || customer == charge.customer;
            fits.then(|| book.charge_json(charge))
        };
        match intent {
            None => page.of_table(&book.charges, URL, show),
            Some(id) => page.of_ids(&book.charges, &book.intent(&id)?.charges, URL, show),
        }
    })
}

async fn retrieve(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.read_book(|book, _| {
        let charge = book.charges.get(&id).ok_or_else(|| Error::no_such("charge", &id, "id"))?;
        Ok(book.charge_json(charge))
    })
}

async fn refunds(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let page = Page::parse(&mut params)?;
    params.finish()?;
    call.read_book(|book, _| {
        let charge = book.charges.get(&id).ok_or_else(|| Error::no_such("charge", &id, "id"))?;
        let url = format!("{URL}/{id}/refunds");
        page.of_ids(&book.refunds, &charge.refunds, &url, |refund: &Refund| Some(refund.to_json()))
    })
}
