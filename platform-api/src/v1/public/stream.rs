//! `GET /v1/public/{region}/{reseller_id}/performances/{performance_id}/stream`

use axum::{extract::State, http::request::Parts};
use foundation::id::{PerformanceId, ResellerId};

use super::reach;
use crate::{
    app::App,
    v1::performances::{
        availability::Sees,
        stream::{StreamQuery, Viewer, open},
    },
    web::{Answer, Path, Query, streams::Streams},
};

/// Streams what becomes of a public performance, as `GET /v1/performances/{performance_id}/stream` does. For browsers, whose
/// `EventSource` sends no key.
#[utoipa::path(get, path = "/v1/public/{region}/{reseller_id}/performances/{performance_id}/stream", tag = "Public", params(("region" = String, Path), ("reseller_id" = ResellerId, Path), ("performance_id" = PerformanceId, Path), StreamQuery), responses((status = 200, description = "Events `snapshot` and `availability` (Availability), `tickets` (StreamTickets).", body = String, content_type = "text/event-stream")), security(()))]
pub(crate) async fn get(
    State(app): State<App>,
    Path((region, reseller, id)): Path<(String, ResellerId, PerformanceId)>,
    Query(query): Query<StreamQuery>,
    parts: Parts,
) -> Answer {
    let services = reach(&app, &parts, &region, reseller).await?;
    let slot = Streams::enter(&app, &parts, &reseller.to_string())?;
    let (looking, now) = services.inventory.look_at((reseller, id), query.tickets()?).await?;
    open(Viewer { app, parts, with_key: false, id, sees: Sees::Public, slot }, looking, &now)
}
