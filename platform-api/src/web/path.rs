//! Ids in the path. One that cannot be read is answered as one that is not there.

use axum::{
    extract::{FromRequestParts, Path as AxumPath},
    http::request::Parts,
};
use foundation::Refusal;
use serde::de::DeserializeOwned;

use super::Reply;

/// The path's ids.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Reply;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Reply> {
        match AxumPath::<T>::from_request_parts(parts, state).await {
            Ok(AxumPath(ids)) => Ok(Self(ids)),
            Err(_) => Err(Refusal::missing("object").into()),
        }
    }
}
