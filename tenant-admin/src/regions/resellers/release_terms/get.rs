//! `GET /regions/{region}/resellers/{reseller}/release_terms`: the terms in force; the platform's own where none were set.

use axum::Json;

use super::TermsShown;
use crate::{operator::Operator, problem::Problem, regions::resellers::ResellerPath};

pub(in crate::regions::resellers) async fn get(
    operator: Operator,
    ResellerPath(id): ResellerPath,
) -> Result<Json<TermsShown>, Problem> {
    let mut tx = operator.tenant(id).await?;
    Ok(Json(accounting::release_terms(&mut tx).await?.into()))
}
