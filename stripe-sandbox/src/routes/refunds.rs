//! `/v1/refunds`.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};

use crate::call::Call;
use crate::error::Error;
use crate::list::Page;
use crate::objects::refund::Refund;
use crate::payments::refund::Wanted;
use crate::server::Sandbox;

const URL: &str = "/v1/refunds";

pub(crate) fn router() -> Router<Arc<Sandbox>> {
    Router::new().route("/v1/refunds", post(create).get(list)).route("/v1/refunds/{id}", get(retrieve).post(update))
}

async fn create(mut call: Call) -> Result<Response, Error> {
    let wanted = Wanted::parse(call.take_params())?;
    call.execute(|book, context| book.refund(context, &wanted)).await
}

async fn list(mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let page = Page::parse(&mut params)?;
    let (charge, intent) = (params.filled("charge")?, params.filled("payment_intent")?);
    params.finish()?;
    call.read_book(|book, _| {
        let show = |refund: &Refund| Some(refund.to_json());
        let charge = match (charge, intent) {
            (None, None) => return page.of_table(&book.refunds, URL, show),
            (Some(charge), _) => Some(charge),
            (None, Some(intent)) => book.intent(&intent)?.charges.pop(),
        };
        // Only the last charge of an intent can have succeeded, so only it has refunds.
        let ids = match charge {
            None => &[],
            Some(id) => {
                book.charges.get(&id).ok_or_else(|| Error::no_such("charge", &id, "charge"))?.refunds.as_slice()
            }
        };
        page.of_ids(&book.refunds, ids, URL, show)
    })
}

async fn retrieve(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.read_book(|book, _| {
        let refund = book.refunds.get(&id).ok_or_else(|| Error::no_such("refund", &id, "id"))?;
        Ok(refund.to_json())
    })
}

async fn update(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let metadata = params.metadata()?;
    params.finish()?;
    call.execute(|book, context| book.update_refund(context, &id, metadata.as_ref())).await
}
