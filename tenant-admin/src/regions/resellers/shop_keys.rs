//! `POST /regions/{region}/resellers/{reseller}/shop_keys`: a key by which the hosted shop sells for the environment. No reseller can
//! make one, because what is sold with it is sold under the shop's fees (decision 35).

use axum::Json;
use foundation::{Error, id::ApiKeyId};
use serde::Serialize;

use super::{ResellerPath, Why};
use crate::{body::Body, operator::Operator, problem::Problem};

/// The key, shown this once.
#[derive(Serialize)]
pub(super) struct ShopKeyShown {
    id: ApiKeyId,
    secret: String,
}

pub(super) async fn create(
    operator: Operator,
    ResellerPath(id): ResellerPath,
    Body(why): Body<Why>,
) -> Result<Json<ShopKeyShown>, Problem> {
    let mut tx = operator.tenant(id).await?;
    let (key, text) = tenancy::create_shop_key(&mut tx, operator.region(), &operator.name, &why.reason).await?;
    tx.commit().await.map_err(Error::from)?;
    Ok(Json(ShopKeyShown { id: key.id, secret: text.expose().to_owned() }))
}
