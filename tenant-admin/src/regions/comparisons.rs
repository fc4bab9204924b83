//! `GET /regions/{region}/comparisons`: how the provider's balance report and the books last stood to each other, per cell and account.

use axum::Json;
use foundation::Mode;
use serde::Serialize;

use crate::{operator::Operator, problem::Problem};

/// The newest comparison of an account of a cell.
#[derive(Serialize)]
struct ComparisonShown {
    cell: String,
    #[serde(flatten)]
    comparison: accounting::Comparison,
}

/// All of the region's: two a cell at most.
#[derive(Serialize)]
pub(crate) struct Comparisons {
    data: Vec<ComparisonShown>,
}

pub(crate) async fn list(operator: Operator) -> Result<Json<Comparisons>, Problem> {
    let mut data = Vec::new();
    for cell in &operator.cells {
        for mode in [Mode::Live, Mode::Test] {
            let newest = accounting::newest_comparison(cell, mode).await?;
            data.extend(newest.map(|comparison| ComparisonShown { cell: cell.name().to_owned(), comparison }));
        }
    }
    Ok(Json(Comparisons { data }))
}
