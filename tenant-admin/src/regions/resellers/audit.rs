//! `GET /regions/{region}/resellers/{reseller}/audit`: what operators did to the environment, newest first.

use axum::{
    Json,
    extract::{Query, rejection::QueryRejection},
};
use foundation::{Instant, id::AuditId};
use serde::Serialize;

use super::{List, ResellerPath, Which};
use crate::{operator::Operator, problem::Problem};

/// One act.
#[derive(Serialize)]
pub(super) struct Act {
    id: AuditId,
    operator: String,
    act: String,
    reason: String,
    /// By the real clock.
    at: Instant,
    /// What the environment's own clock said then; null where it is not ahead.
    test_clock_at: Option<Instant>,
}

pub(super) async fn list(
    operator: Operator,
    ResellerPath(id): ResellerPath,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Json<List<Act>>, Problem> {
    let page = super::page_of(which)?;
    let mut tx = operator.tenant(id).await?;
    let acts = tenancy::list_audit(&mut tx, &page).await?;
    let shown = acts.map(|entry| Act {
        id: entry.id,
        operator: entry.operator,
        act: entry.act,
        reason: entry.reason,
        at: entry.at,
        test_clock_at: entry.test_clock_at,
    });
    Ok(Json(shown.into()))
}
