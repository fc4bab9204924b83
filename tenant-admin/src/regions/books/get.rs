//! `GET /regions/{region}/books`

use accounting::{CurrencyBooks, books};
use axum::{
    Json,
    extract::{Query, rejection::QueryRejection},
};
use foundation::Mode;
use serde::Serialize;

use super::Which;
use crate::{operator::Operator, problem::Problem};

/// The books of a region.
#[derive(Serialize)]
pub(super) struct Books {
    mode: Mode,
    currencies: Vec<CurrencyBooks>,
}

/// What the platform earned, owes and has, over all resellers of the region.
pub(super) async fn get(
    operator: Operator,
    given: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Books>, Problem> {
    let (of, _) = super::which(given)?;
    Ok(Json(Books { mode: of.mode, currencies: books(&operator.cells, &of).await? }))
}
