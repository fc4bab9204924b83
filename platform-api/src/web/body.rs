//! Bodies: JSON, of bounded size, without unknown fields; with a key where something is created or moved.

use axum::{
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use bytes::Bytes;
use foundation::{
    Code, Refusal,
    idempotency::{Key, read_key},
    input::json,
};
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;

use super::Reply;
use crate::app::App;

/// A body that changes an object; the change is made safe to repeat by `If-Match`.
pub(crate) struct Body<T>(pub(crate) T);

/// A body with an `Idempotency-Key`.
pub(crate) struct Keyed<T> {
    pub(crate) key: Key,
    pub(crate) body: T,
}

/// The body of a call that needs none.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Reply;

    async fn from_request(request: Request, app: &App) -> Result<Self, Reply> {
        is_json(request.headers())?;
        let bytes = read(request, app).await?;
        Ok(Self(json::read(&bytes)?))
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Keyed<T> {
    type Rejection = Reply;

    async fn from_request(request: Request, app: &App) -> Result<Self, Reply> {
        let given = request.headers().get("idempotency-key").map(|value| value.to_str().unwrap_or_default());
        let text = read_key(given)?;
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let has_type = request.headers().contains_key(header::CONTENT_TYPE);
        if has_type {
            is_json(request.headers())?;
        }
        let bytes = read(request, app).await?;
        // A call that needs no body may come without one.
        let bytes = if bytes.is_empty() { Bytes::from_static(b"{}") } else { bytes };
        if !has_type && bytes.as_ref() != b"{}" {
            return Err(not_json().into());
        }
        let key = Key::of(text, (method.as_str(), &path, &bytes));
        Ok(Self { key, body: json::read(&bytes)? })
    }
}

fn is_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = given.split(';').next().unwrap_or_default().trim();
    if media.eq_ignore_ascii_case("application/json") { Ok(()) } else { Err(not_json()) }
}

fn not_json() -> Refusal {
    Refusal::new(Code::UnsupportedMediaType, "Send the body as JSON with Content-Type: application/json.")
}

async fn read(request: Request, app: &App) -> Result<Bytes, Reply> {
    let path = request.uri().path();
    let bulk = path.ends_with("/tickets") || path.ends_with("/shows") || path.contains("/layouts");
    let limit = if bulk { app.settings.bulk_body_limit } else { app.settings.body_limit };
    match Limited::new(request.into_body(), limit).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            Err(Refusal::new(Code::BodyTooLarge, format!("The body may have at most {limit} bytes.")).into())
        }
        Err(_) => Err(Refusal::new(Code::InvalidRequest, "The body did not arrive whole.").into()),
    }
}
