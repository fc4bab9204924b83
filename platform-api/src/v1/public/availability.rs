//! `GET /v1/public/{region}/{reseller_id}/performances/{performance_id}/availability`

use axum::{
    extract::State,
    http::{HeaderMap, request::Parts},
};
use foundation::id::{PerformanceId, ResellerId};

use super::reach;
use crate::{
    app::App,
    v1::performances::availability::{AvailabilityView, Sees, answer},
    web::{Answer, Path},
};

/// Reads what can be had of a public performance, from memory: whether it is on sale, how many tickets are left by section and by
/// offer, how large a party can still be.
#[utoipa::path(get, path = "/v1/public/{region}/{reseller_id}/performances/{performance_id}/availability", tag = "Public", params(("region" = String, Path), ("reseller_id" = ResellerId, Path), ("performance_id" = PerformanceId, Path)), responses((status = 200, body = AvailabilityView), (status = 304)), security(()))]
pub(crate) async fn get(
    State(app): State<App>,
    Path((region, reseller, id)): Path<(String, ResellerId, PerformanceId)>,
    headers: HeaderMap,
    parts: Parts,
) -> Answer {
    let services = reach(&app, &parts, &region, reseller).await?;
    answer(&services.inventory, reseller, id, Sees::Public, &headers).await
}
