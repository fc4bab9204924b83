//! `GET /regions/{region}/resellers/{reseller}/fee_rules`: the environment's own rules, the newest first; of each show and channel the
//! newest holds, and the platform's default where there is none.

use axum::Json;
use serde::Serialize;

use super::RuleShown;
use crate::{operator::Operator, problem::Problem, regions::resellers::ResellerPath};

/// All of them: there are never many.
#[derive(Serialize)]
pub(in crate::regions::resellers) struct Rules {
    data: Vec<RuleShown>,
}

pub(in crate::regions::resellers) async fn list(
    operator: Operator,
    ResellerPath(id): ResellerPath,
) -> Result<Json<Rules>, Problem> {
    let mut tx = operator.tenant(id).await?;
    let rules = accounting::list_fee_rules(&mut tx).await?;
    let data = rules.iter().map(|(from, scope, rule)| RuleShown::of(*from, *scope, rule)).collect();
    Ok(Json(Rules { data }))
}
