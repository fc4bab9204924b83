//! `GET /v1/performances/{performance_id}/history`

use foundation::id::PerformanceId;

use crate::web::{
    Allowed, Answer, ListOf, Path, Query, Reply,
    history::{HistoryEntryView, HistoryQuery, history},
    scope::ShowsRead,
};

/// Reads what a performance was, version by version, oldest first, also after it was deleted.
#[utoipa::path(get, path = "/v1/performances/{performance_id}/history", tag = "Performances", params(("performance_id" = PerformanceId, Path), HistoryQuery), responses((status = 200, body = ListOf<HistoryEntryView>)))]
pub(crate) async fn list(
    allowed: Allowed<ShowsRead>,
    Path(id): Path<PerformanceId>,
    Query(query): Query<HistoryQuery>,
) -> Answer {
    Reply::ok(&history(&mut allowed.snapshot().await?, &allowed.caller, id, &query, "performance").await?)
}
