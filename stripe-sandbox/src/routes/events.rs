//! `/v1/events`: what happened, for whoever missed a callback.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;

use crate::call::Call;
use crate::error::Error;
use crate::list::Page;
use crate::objects::event::Event;
use crate::server::Sandbox;

pub(crate) fn router() -> Router<Arc<Sandbox>> {
    Router::new().route("/v1/events", get(list)).route("/v1/events/{id}", get(retrieve))
}

async fn list(mut call: Call) -> Result<Response, Error> {
    let mut params = call.take_params();
    let page = Page::parse(&mut params)?;
    let mut kinds = params.strings("types")?;
    kinds.extend(params.filled("type")?);
    let delivered = params.boolean("delivery_success")?;
    params.finish()?;
    call.read_book(|book, _| {
        let log = &book.events;
        let show = |event: &Event| {
            let fits = (kinds.is_empty() || kinds.contains(&event.kind))
                && delivered.is_none_or(|delivered| event.pending.is_empty() == delivered);
            fits.then(|| event.to_json())
        };
        let row = |place: usize| log.events().get(place);
        page.cut(log.events().len(), |id| log.place(id), row, |event| event.created, "/v1/events", show)
    })
}

async fn retrieve(Path(id): Path<String>, mut call: Call) -> Result<Response, Error> {
    call.take_params().finish()?;
    call.read_book(|book, _| Ok(book.events.get(&id).ok_or_else(|| Error::no_such("event", &id, "id"))?.to_json()))
}
