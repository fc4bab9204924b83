//! `GET /regions/{region}/resellers/{reseller}`: one environment, whole.

use axum::Json;

use super::{ResellerPath, ResellerShown};
use crate::{operator::Operator, problem::Problem};

pub(super) async fn get(operator: Operator, ResellerPath(id): ResellerPath) -> Result<Json<ResellerShown>, Problem> {
    let mut tx = operator.tenant(id).await?;
    let reseller = tenancy::get_reseller(&mut tx).await?;
    Ok(Json(reseller.into()))
}
