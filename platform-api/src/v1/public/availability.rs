//! `GET /v1/public/{region}/{reseller_id}/performances/{performance_id}/availability`

use axum::{
    extract::State,
    http::{HeaderMap, request::Parts},
};
use foundation::id::{PerformanceId, ResellerId};
use ticketing::store::{performances, shows};

use super::{open, public};
use crate::{
    app::App,
    v1::performances::availability::{AvailabilityView, answer},
    web::{Answer, Path},
};

/// Reads how many tickets of a public performance are available.
#[utoipa::path(get, path = "/v1/public/{region}/{reseller_id}/performances/{performance_id}/availability", tag = "Public", params(("region" = String, Path), ("reseller_id" = ResellerId, Path), ("performance_id" = PerformanceId, Path)), responses((status = 200, body = AvailabilityView), (status = 304)), security(()))]
pub(crate) async fn get(
    State(app): State<App>,
    Path((region, reseller, id)): Path<(String, ResellerId, PerformanceId)>,
    headers: HeaderMap,
    parts: Parts,
) -> Answer {
    let (services, mut tx) = open(&app, &parts, &region, reseller).await?;
    let performance = performances::get(&mut tx, id).await?;
    let show = shows::get(&mut tx, performance.show).await?;
    public(&mut tx, &show, "performance").await?;
    drop(tx);
    answer(&services.inventory, reseller, id, &headers).await
}
