//! `/v1/webhook_endpoints`.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;

use crate::call::Call;
use crate::endpoints::{Create, Update};
use crate::error::Error;
use crate::list::Page;
use crate::objects::webhook_endpoint::WebhookEndpoint;
use crate::server::Sandbox;

const URL: &str = "/v1/webhook_endpoints";

pub(crate) fn router() -> Router<Arc<Sandbox>> {
    Router::new()
        .route("/v1/webhook_endpoints", get(list).post(create))
        .route("/v1/webhook_endpoints/{id}", get(retrieve).post(update).delete(delete))
}

async fn create(mut call: Call) -> Result<Response, Error> {
    let wanted = Create::parse(call.take_params())?;
    call.execute_as_platform(|book, context| book.create_endpoint(context, wanted)).await
}

async fn list(mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let page = Page::parse(&mut params)?;
    params.finish()?;
    call.read_as_platform(|book, _| {
        page.of_table(&book.webhook_endpoints, URL, |endpoint: &WebhookEndpoint| {
            (!endpoint.deleted).then(|| endpoint.to_json())
        })
    })
}

async fn retrieve(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.read_as_platform(|book, _| book.endpoint(&id).map(WebhookEndpoint::to_json))
}

async fn update(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    let wanted = Update::parse(call.take_params())?;
    call.execute_as_platform(|book, _| book.update_endpoint(&id, wanted)).await
}

async fn delete(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.execute_as_platform(|book, _| book.delete_endpoint(&id)).await
}
