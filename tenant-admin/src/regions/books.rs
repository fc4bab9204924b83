//! `/regions/{region}/books`: the platform's own books of a region.

mod get;
mod resellers;

use accounting::BooksOf;
use axum::{
    Router,
    extract::{Query, rejection::QueryRejection},
    routing,
};
use foundation::{Instant, Mode, Refusal, input::query};
use serde::Deserialize;

use crate::Cells;

/// The endpoints below this address.
pub(crate) fn router() -> Router<Cells> {
    Router::new().route("/", routing::get(get::get)).route("/resellers", routing::get(resellers::list))
}

/// Which books, and of the list which page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    mode: Option<Mode>,
    from: Option<Instant>,
    to: Option<Instant>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Reads which books are asked for: of real money unless said.
fn which(given: Result<Query<Which>, QueryRejection>) -> Result<(BooksOf, Which), Refusal> {
    let Query(which) = given.map_err(|rejection| query::refuse(&rejection.body_text()))?;
    Ok((BooksOf { mode: which.mode.unwrap_or(Mode::Live), from: which.from, to: which.to }, which))
}
