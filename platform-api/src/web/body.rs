//! Bodies: JSON, of bounded size, without unknown fields; with a key where something is created or moved.

use axum::{
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use bytes::Bytes;
use foundation::{
    Code, Refusal,
    idempotency::Key,
    input::{card_number, json},
};
use http_body_util::{BodyExt, Limited};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

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
        let text = key(request.headers())?;
        let mut fingerprint = Sha256::new_with_prefix(request.method().as_str());
        fingerprint.update([0]);
        fingerprint.update(request.uri().path());
        fingerprint.update([0]);
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
        fingerprint.update(&bytes);
        let key = Key { text, fingerprint: fingerprint.finalize().into() };
        Ok(Self { key, body: json::read(&bytes)? })
    }
}

fn key(headers: &HeaderMap) -> Result<String, Refusal> {
    let missing = || {
        let detail = "Send an Idempotency-Key header with a value of your own, such as a UUID, and the same one when you try again.";
        Refusal::new(Code::IdempotencyKeyMissing, detail)
    };
    let given = headers.get("idempotency-key").ok_or_else(missing)?;
    let text = given.to_str().map(str::trim).unwrap_or_default();
    // Bare, or quoted as a structured field (draft-ietf-httpapi-idempotency-key-header).
    let text = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    if text.is_empty() || text.len() > 255 || text.bytes().any(|b| !(b' '..=b'~').contains(&b)) {
        return Err(Refusal::new(Code::InvalidRequest, "An Idempotency-Key is 1 to 255 printable ASCII characters."));
    }
    if card_number::is_in(text.as_bytes()) {
        return Err(card_number::refusal("Idempotency-Key"));
    }
    Ok(text.to_owned())
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
