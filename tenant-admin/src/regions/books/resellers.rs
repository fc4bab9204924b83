//! `GET /regions/{region}/books/resellers`

use accounting::{ResellerPosition, reseller_positions};
use axum::{
    Json,
    extract::{Query, rejection::QueryRejection},
};
use foundation::{
    id::ResellerId,
    page::{Page, PageOf},
};
use serde::Serialize;

use super::Which;
use crate::{operator::Operator, problem::Problem};

/// A page of the positions.
#[derive(Serialize)]
pub(super) struct Positions {
    /// One a reseller and currency; who never sold has none.
    data: Vec<ResellerPosition>,
    next_cursor: Option<String>,
}

/// How each reseller stands with the platform, in the order of their ids.
pub(super) async fn list(
    operator: Operator,
    given: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Positions>, Problem> {
    let (of, which) = super::which(given)?;
    let page = PageOf::<ResellerId>::parse(which.limit, which.cursor.as_deref())?;
    let mut found = Vec::new();
    for cell in &operator.cells {
        found.extend(reseller_positions(cell, &of, page.after, page.fetch_limit()).await?);
    }
    found.sort_by_key(|(id, _)| *id);
    let Page { items, next_cursor } = Page::cut(found, page.limit, |(id, _)| *id);
    Ok(Json(Positions { data: items.into_iter().flat_map(|(_, positions)| positions).collect(), next_cursor }))
}
