//! `GET /v1/public/{region}/{reseller_id}/performances/{performance_id}/prices`

use accounting::Channel;
use axum::{extract::State, http::request::Parts};
use foundation::id::{PerformanceId, ResellerId};
use ticketing::store::{performances, shows};

use super::{open, public};
use crate::{
    app::App,
    v1::performances::prices::{PriceView, prices},
    web::{Answer, ListOf, Path, Reply},
};

/// Lists what one ticket of each offer of a public performance costs anyone who buys now, all mandatory fees included.
#[utoipa::path(get, path = "/v1/public/{region}/{reseller_id}/performances/{performance_id}/prices", tag = "Public", params(("region" = String, Path), ("reseller_id" = ResellerId, Path), ("performance_id" = PerformanceId, Path)), responses((status = 200, body = ListOf<PriceView>)), security(()))]
pub(crate) async fn list(
    State(app): State<App>,
    Path((region, reseller, id)): Path<(String, ResellerId, PerformanceId)>,
    parts: Parts,
) -> Answer {
    let (services, mut tx) = open(&app, &parts, &region, reseller).await?;
    let performance = performances::get(&mut tx, id).await?;
    let show = shows::get(&mut tx, performance.show).await?;
    public(&mut tx, &show, "performance").await?;
    Reply::ok(&prices(&mut tx, &services.inventory, (id, Channel::Api)).await?)
}
