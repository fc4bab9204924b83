//! Answers: fresh, replayed or refused. `?` on any of the latter two ends a handler.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use foundation::{Error, Refusal, idempotency::StoredAnswer};
use serde::Serialize;

use super::{etag::etag, problem};

/// What a handler gives back, early or at its end.
pub(crate) struct Reply(Box<Response>);

/// A handler's outcome.
pub(crate) type Answer = Result<Reply, Reply>;

impl Reply {
    /// 200 with this body.
    pub(crate) fn ok(body: &impl Serialize) -> Answer {
        Self::stored(&stored(StatusCode::OK, body, None)?)
    }

    /// 200 with this body and the ETag of its version.
    pub(crate) fn versioned(body: &impl Serialize, version: i64) -> Answer {
        Self::stored(&stored(StatusCode::OK, body, Some(version))?)
    }

    /// 204.
    pub(crate) fn nothing() -> Answer {
        Ok(Self(Box::new(StatusCode::NO_CONTENT.into_response())))
    }

    /// Any response.
    pub(crate) fn raw(response: Response) -> Self {
        Self(Box::new(response))
    }

    /// A stored answer, given for the first time.
    pub(crate) fn stored(answer: &StoredAnswer) -> Answer {
        Ok(Self(Box::new(respond(answer))))
    }

    /// A stored answer, given again.
    pub(crate) fn replayed(answer: &StoredAnswer) -> Self {
        let mut response = respond(answer);
        response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
        Self(Box::new(response))
    }
}

/// An answer in the form in which it is stored with its key.
pub(crate) fn stored(status: StatusCode, body: &impl Serialize, version: Option<i64>) -> Result<StoredAnswer, Error> {
    let body = serde_json::to_string(body).map_err(|error| Error::Inconsistent(error.to_string()))?;
    Ok(StoredAnswer { status: status.as_u16(), body, etag: version.map(etag) })
}

fn respond(answer: &StoredAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], answer.body.clone()).into_response();
    if let Some(value) = answer.etag.as_deref().and_then(|etag| HeaderValue::from_str(etag).ok()) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        *self.0
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        Self(Box::new(problem::of_refusal(&refusal)))
    }
}

impl From<Error> for Reply {
    fn from(error: Error) -> Self {
        Self(Box::new(problem::of_error(&error)))
    }
}
