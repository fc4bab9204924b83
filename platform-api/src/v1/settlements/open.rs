//! `GET /v1/settlements/open`

use accounting::{Settlement, open_periods};
use serde::Serialize;
use utoipa::ToSchema;

use crate::web::{Allowed, Answer, Reply, scope::SettlementsRead};

/// The periods that are open.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OpenSettlements)]
pub(crate) struct OpenView {
    /// One a currency ever used.
    data: Vec<Settlement>,
}

/// Reads what the open period of each currency comes to so far.
#[utoipa::path(get, path = "/v1/settlements/open", tag = "Finance", responses((status = 200, body = OpenView)))]
pub(crate) async fn get(allowed: Allowed<SettlementsRead>) -> Answer {
    let data = open_periods(&mut allowed.snapshot().await?, allowed.cell().region()).await?;
    Reply::ok(&OpenView { data })
}
