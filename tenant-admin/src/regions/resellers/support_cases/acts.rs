//! What an operator does about a case. Each act is in the audit log; what is written to the reseller is written once for its key.

use axum::{Json, response::Response};
use foundation::Error;
use serde::Deserialize;
use tenancy::support_cases;

use super::{CasePath, CaseShown};
use crate::{
    body::Body,
    once::{self, Keyed},
    operator::Operator,
    problem::Problem,
};

/// What to write.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::regions::resellers) struct Text {
    text: String,
}

/// Who is to see to it, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::regions::resellers) struct Assignment {
    assignee: String,
    reason: String,
}

pub(in crate::regions::resellers) async fn answer(
    operator: Operator,
    CasePath(reseller, id): CasePath,
    Keyed { key, body }: Keyed<Text>,
) -> Result<Response, Problem> {
    let mut tx = operator.tenant(reseller).await?;
    if let Some(answer) = once::before(&mut tx, &key).await? {
        return Ok(answer);
    }
    let case = support_cases::answer(&mut tx, id, &operator.name, &body.text).await?;
    Ok(once::finish(tx, &key, &CaseShown::of(reseller, case)).await?)
}

pub(in crate::regions::resellers) async fn resolve(
    operator: Operator,
    CasePath(reseller, id): CasePath,
    Keyed { key, body }: Keyed<Text>,
) -> Result<Response, Problem> {
    let mut tx = operator.tenant(reseller).await?;
    if let Some(answer) = once::before(&mut tx, &key).await? {
        return Ok(answer);
    }
    let case = support_cases::resolve(&mut tx, id, &operator.name, &body.text).await?;
    Ok(once::finish(tx, &key, &CaseShown::of(reseller, case)).await?)
}

pub(in crate::regions::resellers) async fn assign(
    operator: Operator,
    CasePath(reseller, id): CasePath,
    Body(body): Body<Assignment>,
) -> Result<Json<CaseShown>, Problem> {
    let mut tx = operator.tenant(reseller).await?;
    let by = (operator.name.as_str(), body.reason.as_str());
    let case = support_cases::assign(&mut tx, id, by, &body.assignee).await?;
    tx.commit().await.map_err(Error::from)?;
    Ok(Json(CaseShown::of(reseller, case)))
}
