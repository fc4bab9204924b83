//! Refusals and failures as RFC 9457 problems, with the same codes as the reseller's API.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use foundation::{Code, Error, Refusal, refusal::Class};
use serde_json::json;

use crate::request;

/// A request refused, or failed.
#[derive(Debug)]
pub(crate) struct Problem(Box<Refusal>);

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self(Box::new(refusal))
    }
}

impl From<Error> for Problem {
    /// What is not the caller's part is logged here, once, and not shown.
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => Self(refusal),
            Error::Database(_) | Error::Provider(_) | Error::Inconsistent(_) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                tracing::error!(%error, cause, request_id = request::id(), "an operator's request failed");
                Refusal::new(Code::Internal, "Something went wrong on our side; it is logged under the request's id.")
                    .into()
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self(refusal) = self;
        let status = status(refusal.code);
        let problem = json!({
            "type": format!("urn:stagedoor:problem:{}", refusal.code.as_str()),
            "title": refusal.code.title(),
            "status": status.as_u16(),
            "code": refusal.code.as_str(),
            "detail": refusal.detail,
            "request_id": request::id(),
            "errors": refusal.errors,
        });
        let mut response =
            (status, [(header::CONTENT_TYPE, "application/problem+json")], problem.to_string()).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(after) = refusal.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
        }
        response
    }
}

fn status(code: Code) -> StatusCode {
    match (code, code.class()) {
        (Code::MethodNotAllowed, _) => StatusCode::METHOD_NOT_ALLOWED,
        (Code::UnsupportedMediaType, _) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        (_, Class::Invalid) => StatusCode::BAD_REQUEST,
        (_, Class::Unprocessable) => StatusCode::UNPROCESSABLE_ENTITY,
        (_, Class::Unauthenticated) => StatusCode::UNAUTHORIZED,
        (_, Class::Forbidden) => StatusCode::FORBIDDEN,
        (_, Class::Missing) => StatusCode::NOT_FOUND,
        (_, Class::Conflict) => StatusCode::CONFLICT,
        (_, Class::Gone) => StatusCode::GONE,
        (_, Class::Stale) => StatusCode::PRECONDITION_FAILED,
        (_, Class::PreconditionRequired) => StatusCode::PRECONDITION_REQUIRED,
        (_, Class::Misdirected) => StatusCode::MISDIRECTED_REQUEST,
        (_, Class::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
        (_, Class::Throttled) => StatusCode::TOO_MANY_REQUESTS,
        (_, Class::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
        (_, Class::Internal) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
