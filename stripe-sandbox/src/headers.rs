//! What every answer carries: the request's name, the API version, and leave for browsers to call.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::ids;
use crate::objects::event::API_VERSION;

/// The name of the request that is being answered.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

/// Gives each request its id and each answer Stripe's headers; answers a browser's question whether it may call at all.
pub(crate) async fn dress(mut request: Request, next: Next) -> Response {
    let id = ids::fresh("req");
    request.extensions_mut().insert(RequestId(id.clone()));
    let is_api = request.uri().path().starts_with("/v1/");
    let version = request.headers().get("stripe-version").cloned();
    let key = request.headers().get("idempotency-key").cloned();
    let mut response = if is_api && request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    let mut set = |name, value: Option<HeaderValue>| {
        if let Some(value) = value {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("request-id", HeaderValue::from_str(&id).ok());
    if is_api {
        set("stripe-version", version.or_else(|| HeaderValue::from_str(API_VERSION).ok()));
        set("idempotency-key", key);
        set("cache-control", Some(HeaderValue::from_static("no-cache, no-store")));
        set("access-control-allow-origin", Some(HeaderValue::from_static("*")));
        set("access-control-allow-methods", Some(HeaderValue::from_static("GET, POST, OPTIONS")));
        set(
            "access-control-allow-headers",
            Some(HeaderValue::from_static(
                "authorization, content-type, stripe-version, stripe-account, idempotency-key",
            )),
        );
        set("access-control-expose-headers", Some(HeaderValue::from_static("request-id, stripe-version")));
        set("access-control-max-age", Some(HeaderValue::from_static("300")));
    }
    response
}
