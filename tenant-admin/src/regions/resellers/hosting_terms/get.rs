//! `GET /regions/{region}/resellers/{reseller}/hosting_terms`: what is charged by the month.

use axum::Json;

use super::TermsShown;
use crate::{operator::Operator, problem::Problem, regions::resellers::ResellerPath};

pub(in crate::regions::resellers) async fn get(
    operator: Operator,
    ResellerPath(id): ResellerPath,
) -> Result<Json<TermsShown>, Problem> {
    let mut tx = operator.tenant(id).await?;
    Ok(Json(accounting::hosting_terms(&mut tx).await?.into()))
}
