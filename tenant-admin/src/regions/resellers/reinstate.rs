//! `POST /regions/{region}/resellers/{reseller}/reinstate`: takes a suspended environment's keys again.

use axum::Json;
use foundation::Error;

use super::{ResellerPath, ResellerShown, Why};
use crate::{body::Body, operator::Operator, problem::Problem};

pub(super) async fn reinstate(
    operator: Operator,
    ResellerPath(id): ResellerPath,
    Body(why): Body<Why>,
) -> Result<Json<ResellerShown>, Problem> {
    let mut tx = operator.tenant(id).await?;
    let reseller = tenancy::reinstate(&mut tx, &operator.name, &why.reason).await?;
    tx.commit().await.map_err(Error::from)?;
    Ok(Json(reseller.into()))
}
