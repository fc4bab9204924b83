//! Versions of objects as ETags: `"7"` is version 7. Every change by PATCH or DELETE names the version it was decided on.

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use foundation::{Code, Refusal};

use super::Reply;

/// The ETag of a version.
pub(crate) fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// The version that the caller read.
pub(crate) struct IfMatch(pub(crate) i64);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Reply;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Reply> {
        let missing =
            || Refusal::new(Code::IfMatchMissing, "Send If-Match with the ETag of the object as you read it.");
        let given = parts.headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok()).ok_or_else(missing)?;
        let version =
            given.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).and_then(|v| v.parse().ok());
        // An ETag that is none of ours can be no version of the object.
        let stale = || {
            Refusal::new(Code::IfMatchStale, "If-Match is not the ETag of any version of this object; read it again.")
        };
        Ok(Self(version.ok_or_else(stale)?))
    }
}
