//! `GET /regions/{region}/support_cases`: what resellers have asked, over all of them, the oldest first. What was written is read reseller by reseller.

use axum::{
    Json,
    extract::{Query, rejection::QueryRejection},
};
use foundation::{
    id::SupportCaseId,
    input::query,
    page::{Page, PageOf},
};
use serde::{Deserialize, Serialize};
use tenancy::support_cases::{CaseLine, CaseState, list_all};

use crate::{operator::Operator, problem::Problem};

/// Which of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    state: Option<CaseState>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A page of them.
#[derive(Serialize)]
pub(crate) struct Lines {
    data: Vec<CaseLine>,
    next_cursor: Option<String>,
}

pub(crate) async fn list(
    operator: Operator,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Json<Lines>, Problem> {
    let Query(which) = which.map_err(|rejection| query::refuse(&rejection.body_text()))?;
    let page = PageOf::<SupportCaseId>::parse(which.limit, which.cursor.as_deref())?;
    let mut found = Vec::new();
    for cell in &operator.cells {
        found.extend(list_all(cell, which.state, page.after, page.fetch_limit()).await?);
    }
    found.sort_by_key(|line| line.id);
    let page = Page::cut(found, page.limit, |last| last.id);
    Ok(Json(Lines { data: page.items, next_cursor: page.next_cursor }))
}
