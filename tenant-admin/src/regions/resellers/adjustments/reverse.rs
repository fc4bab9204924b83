//! `POST /regions/{region}/resellers/{reseller}/adjustments/{adjustment}/reverse`: undoes it, once.

use accounting::Correction;
use axum::Json;
use foundation::Error;

use super::AdjustmentPath;
use crate::{body::Body, operator::Operator, problem::Problem, regions::resellers::Why};

pub(in crate::regions::resellers) async fn reverse(
    operator: Operator,
    AdjustmentPath(reseller, id): AdjustmentPath,
    Body(why): Body<Why>,
) -> Result<Json<Correction>, Problem> {
    let mut tx = operator.tenant(reseller).await?;
    let correction = accounting::reverse_adjustment(&mut tx, id, &operator.name).await?;
    tenancy::record(&mut tx, &operator.name, "adjustment.reversed", &why.reason).await?;
    tx.commit().await.map_err(Error::from)?;
    Ok(Json(correction))
}
