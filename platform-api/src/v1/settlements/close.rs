//! `POST /v1/settlements`

use accounting::{Settlement, close_period, seal_tenant};
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::told;
use crate::web::{Allowed, Answer, Keyed, body::Nothing, scope::SettlementsWrite};

/// The settlements that a close has made, one a currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClosedSettlements)]
pub(crate) struct ClosedView {
    #[schema(value_type = Vec<Settlement>)]
    data: Vec<Box<RawValue>>,
}

/// Closes the open period now, whatever the schedule says: seals a settlement for each currency that has rows in it; none if
/// there is nothing to settle. The next period begins here.
#[utoipa::path(post, path = "/v1/settlements", tag = "Finance", request_body = Nothing, responses((status = 201, body = ClosedView)))]
pub(crate) async fn close(
    allowed: Allowed<SettlementsWrite>,
    Keyed { key, body: Nothing {} }: Keyed<Nothing>,
) -> Answer {
    // What was posted until now belongs to the period: it gets its places first.
    seal_tenant(allowed.cell(), allowed.caller.reseller).await?;
    let mut call = allowed.begin(key).await?;
    let closed = close_period(&mut call.tx, allowed.cell(), None).await?;
    let data = closed.into_iter().map(told).collect::<Result<_, _>>()?;
    call.finish(StatusCode::CREATED, &ClosedView { data }, None).await
}
