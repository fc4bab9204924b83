//! A request's id and its one log line. Nothing secret is in it: no header, no body, no query.

use axum::{
    extract::{MatchedPath, Request},
    http::HeaderValue,
    middleware::Next,
    response::Response,
};
use foundation::id::RequestId;

tokio::task_local! {
    static ID: String;
}

/// The id of the request that this task serves.
pub(crate) fn id() -> Option<String> {
    ID.try_with(Clone::clone).ok()
}

/// Wraps a request: gives it an id and logs it.
pub(crate) async fn wrap(request: Request, next: Next) -> Response {
    let request_id = RequestId::new().to_string();
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let mut response = ID.scope(request_id.clone(), next.run(request)).await;
    if route != "/healthz" {
        tracing::info!(target: "request", request_id, %method, route, status = response.status().as_u16());
    }
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("request-id", value);
    }
    response
}
