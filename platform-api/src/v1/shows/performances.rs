//! `POST /v1/shows/{show_id}/performances`

use axum::http::StatusCode;
use foundation::id::ShowId;
use ticketing::use_cases::add_performance::add_performance;

use crate::{
    v1::performances::{NewPerformanceBody, PerformanceView},
    web::{Allowed, Answer, Keyed, Path, scope::ShowsWrite},
};

/// Adds a performance to a show, with its tickets.
#[utoipa::path(post, path = "/v1/shows/{show_id}/performances", tag = "Shows", params(("show_id" = ShowId, Path)), request_body = NewPerformanceBody, responses((status = 201, body = PerformanceView)))]
pub(crate) async fn add(
    allowed: Allowed<ShowsWrite>,
    Path(show): Path<ShowId>,
    Keyed { key, body }: Keyed<NewPerformanceBody>,
) -> Answer {
    let mut call = allowed.begin(key).await?;
    let performance = add_performance(&mut call.tx, show, &body.read("")?).await?;
    let version = performance.version;
    call.finish(StatusCode::CREATED, &PerformanceView::from(performance), Some(version)).await
}
