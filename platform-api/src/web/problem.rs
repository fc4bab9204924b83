//! Refusals and failures as RFC 9457 problems.

use std::time::Duration;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use foundation::{
    Error, Refusal,
    input::card_number,
    refusal::{Class, Code, FieldError},
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::telemetry;

/// Why a request was refused (RFC 9457, `application/problem+json`).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Names the kind of problem: `urn:stagedoor:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// A short sentence, the same at every occurrence of the code.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// The stable code to branch on.
    code: &'static str,
    /// What is wrong this time and what to do.
    detail: String,
    /// The request, for support.
    request_id: Option<String>,
    /// The fields at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// What could be had instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    alternatives: Option<Value>,
}

/// The status of each class of refusal.
pub(crate) fn status(code: Code) -> StatusCode {
    match code {
        Code::MethodNotAllowed => return StatusCode::METHOD_NOT_ALLOWED,
        Code::UnsupportedMediaType => return StatusCode::UNSUPPORTED_MEDIA_TYPE,
        _ => {}
    }
    match code.class() {
        Class::Invalid => StatusCode::BAD_REQUEST,
        Class::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
        Class::Unauthenticated => StatusCode::UNAUTHORIZED,
        Class::Forbidden => StatusCode::FORBIDDEN,
        Class::Missing => StatusCode::NOT_FOUND,
        Class::Conflict => StatusCode::CONFLICT,
        Class::Gone => StatusCode::GONE,
        Class::Stale => StatusCode::PRECONDITION_FAILED,
        Class::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
        Class::Misdirected => StatusCode::MISDIRECTED_REQUEST,
        Class::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Class::Throttled => StatusCode::TOO_MANY_REQUESTS,
        Class::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Class::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The problem of a refusal.
pub(crate) fn of_refusal(refusal: &Refusal) -> Response {
    let status = status(refusal.code);
    let problem = Problem {
        kind: format!("urn:stagedoor:problem:{}", refusal.code.as_str()),
        title: refusal.code.title(),
        status: status.as_u16(),
        code: refusal.code.as_str(),
        detail: refusal.detail.clone().into_owned(),
        request_id: telemetry::request_id(),
        errors: refusal.errors.clone(),
        alternatives: refusal.alternatives.clone(),
    };
    let body = serde_json::to_string(&problem).unwrap_or_default();
    let mut response = (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
    if let Some(after) = refusal.retry_after {
        // Rounded up: who comes back at the time told must not be told again.
        let seconds = after.as_millis().div_ceil(1000).max(1);
        if let Ok(value) = HeaderValue::from_str(&seconds.to_string()) {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
    }
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// The refusal of an address at which there is nothing. Its query is not repeated: it may have what is secret.
pub(crate) fn nowhere(path: &str) -> Refusal {
    // Who asks with a card number in the address is not to find it in an answer or a log.
    if card_number::is_in(path.as_bytes()) {
        return card_number::refusal("path");
    }
    let path: String = path.chars().take(200).collect();
    let detail = format!("There is nothing at {path}; the API begins at /v1 and is described at /openapi.json.");
    Refusal::new(Code::NotFound, detail)
}

/// The problem of a failure: the cause is logged here, once, and the caller sees the code and the request's id only.
pub(crate) fn of_error(error: &Error) -> Response {
    let code = match error {
        Error::Refused(refusal) => return of_refusal(refusal),
        Error::Provider(_) => Code::ProviderUnavailable,
        Error::Database(_) | Error::Inconsistent(_) => Code::Internal,
    };
    let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    tracing::error!(%error, cause, request_id = telemetry::request_id(), "a request failed");
    let detail = match code {
        Code::ProviderUnavailable => "The payment provider did not answer; try again with the same key.",
        _ => "Something went wrong on our side; it is logged under the request's id.",
    };
    let refusal = Refusal::new(code, detail);
    of_refusal(&if code == Code::ProviderUnavailable {
        refusal.with_retry_after(Duration::from_secs(1))
    } else {
        refusal
    })
}
