//! JSON bodies, refused as problems.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header},
};
use foundation::{Code, Refusal, input::json};
use serde::de::DeserializeOwned;

use crate::{Cells, problem::Problem};

/// A body that was read. What may be in it is said by `T`, which refuses unknown fields.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Cells> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, cells: &Cells) -> Result<Self, Problem> {
        Ok(Self(json::read(&bytes_of_json(request, cells).await?)?))
    }
}

/// The bytes of a body that says it is JSON.
///
/// # Errors
/// `unsupported_media_type`, `body_too_large`, `invalid_request`.
pub(crate) async fn bytes_of_json(request: Request, cells: &Cells) -> Result<Bytes, Problem> {
    let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if media_type.and_then(|value| value.split(';').next()).map(str::trim) != Some("application/json") {
        return Err(Refusal::new(Code::UnsupportedMediaType, "Send the body as application/json.").into());
    }
    let bytes = Bytes::from_request(request, cells).await.map_err(|rejection| {
        let code = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooLarge,
            _ => Code::InvalidRequest,
        };
        Refusal::new(code, rejection.body_text())
    })?;
    Ok(bytes)
}
