//! What every answer carries: the request's name, the API version, and leave for browsers to call.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::call::HeldBack;
use crate::error::Error;
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
    let version = version(request.headers()).unwrap_or_default();
    let key = request.headers().get("idempotency-key").cloned();
    let mut response = if is_api && request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    if let Some(held_back) = response.extensions_mut().remove::<HeldBack>()
        && let Err(error) = held_back.strike().await
    {
        response = error.into_response();
    }
    if let Some(error) = response.extensions_mut().remove::<Error>() {
        *response.body_mut() = error.into_json(&id).to_string().into();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
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
        set("access-control-allow-methods", Some(HeaderValue::from_static("GET, POST, DELETE, OPTIONS")));
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

/// The version that the request asks for: a day, the release's name since they have names, and previews behind a semicolon.
pub(crate) fn version(headers: &HeaderMap) -> Result<Option<HeaderValue>, Error> {
    let Some(value) = headers.get("stripe-version") else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    let release = text.split(';').next().unwrap_or_default().trim();
    let (day, name) = release.split_once('.').unwrap_or((release, "none"));
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase());
    if is_day(day) && is_name { Ok(Some(value.clone())) } else { Err(Error::no_such_version(text)) }
}

fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |text: &str, digits: usize| text.parse().ok().filter(|_: &u16| text.len() == digits);
    let [year, month, day] = parts.as_slice() else {
        return false;
    };
    // Stripe's first version is of 2011.
    number(year, 4).is_some_and(|year| year >= 2011)
        && number(month, 2).is_some_and(|month| (1..=12).contains(&month))
        && number(day, 2).is_some_and(|day| (1..=31).contains(&day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_from_nonsense() {
        let ask = |text: &'static str| {
            version(&HeaderMap::from_iter([(
                HeaderName::from_static("stripe-version"),
                HeaderValue::from_static(text),
            )]))
        };
        for good in ["2026-09-30.endive", "2020-08-27", "2025-03-31.basil; checkout_sessions_beta=v1"] {
            assert_eq!(ask(good).unwrap().unwrap(), good);
        }
        for wrong in ["", "latest", "2026-9-30", "2026-13-01.endive", "2026-09-30.", "2026-09-30.Endive!", "1999-01-01"]
        {
            assert!(ask(wrong).is_err(), "{wrong}");
        }
        assert!(version(&HeaderMap::new()).unwrap().is_none());
    }
}
