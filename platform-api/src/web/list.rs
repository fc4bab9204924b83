//! Lists: their query, checked, and their wire form.

use axum::{
    extract::FromRequestParts,
    http::request::Parts,
};
use foundation::{Code, Refusal, page::Page};
use serde::{Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

use super::Reply;

/// The query's parameters; unknown ones are refused like unknown fields.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Reply;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Reply> {
        match axum::extract::Query::<T>::try_from_uri(&parts.uri) {
            Ok(axum::extract::Query(query)) => Ok(Self(query)),
            Err(rejection) => {
                let text = rejection.body_text();
                let detail = text.trim_start_matches("Failed to deserialize query string: ").to_owned();
                let code = if detail.contains("unknown field") { Code::UnknownField } else { Code::InvalidField };
                Err(Refusal::new(code, format!("The query cannot be read: {detail}.")).into())
            }
        }
    }
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListOf<T> {
    /// The page's rows.
    data: Vec<T>,
    /// Pass it as `cursor` for the next page; null at the end.
    next_cursor: Option<String>,
}

impl<T> From<Page<T>> for ListOf<T> {
    fn from(page: Page<T>) -> Self {
        Self { data: page.items, next_cursor: page.next_cursor }
    }
}
