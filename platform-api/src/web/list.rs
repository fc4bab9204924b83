//! Lists: their query, checked, and their wire form.

use axum::{extract::FromRequestParts, http::request::Parts};
use foundation::{
    input::{card_number, json::nul, query},
    page::Page,
};
use serde::{Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

use super::Reply;

/// The query's parameters; unknown ones are refused like unknown fields.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Reply;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Reply> {
        if parts.uri.query().is_some_and(|query| query.contains("%00")) {
            return Err(nul().into());
        }
        let given = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        if let Some((name, _)) = given.into_iter().find(|(_, value)| card_number::is_in(value.as_bytes())) {
            let name = if card_number::is_in(name.as_bytes()) { "query" } else { &name };
            return Err(card_number::refusal(name).into());
        }
        match axum::extract::Query::<T>::try_from_uri(&parts.uri) {
            Ok(axum::extract::Query(query)) => Ok(Self(query)),
            Err(rejection) => Err(query::refuse(&rejection.body_text()).into()),
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
