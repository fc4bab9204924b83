//! `GET /regions/{region}/resellers/{reseller}/adjustments`: the newest first.

use accounting::Correction;
use axum::{
    Json,
    extract::{Query, rejection::QueryRejection},
};
use foundation::{Instant, id::AdjustmentId, page::Page};

use crate::{
    operator::Operator,
    problem::Problem,
    regions::resellers::{List, ResellerPath, Which, page_of},
};

pub(in crate::regions::resellers) async fn list(
    operator: Operator,
    ResellerPath(id): ResellerPath,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Json<List<Correction>>, Problem> {
    let page = page_of::<(Instant, AdjustmentId)>(which)?;
    let mut tx = operator.tenant(id).await?;
    let rows = accounting::list_adjustments(&mut tx, page.after, page.fetch_limit()).await?;
    Ok(Json(Page::cut(rows, page.limit, |one| (one.created_at, one.id)).into()))
}
