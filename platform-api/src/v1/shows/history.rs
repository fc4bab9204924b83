//! `GET /v1/shows/{show_id}/history`

use foundation::id::ShowId;

use crate::web::{
    Allowed, Answer, ListOf, Path, Query, Reply,
    history::{HistoryEntryView, HistoryQuery, history},
    scope::ShowsRead,
};

/// Reads what a show was, version by version, oldest first, also after it was deleted.
#[utoipa::path(get, path = "/v1/shows/{show_id}/history", tag = "Shows", params(("show_id" = ShowId, Path), HistoryQuery), responses((status = 200, body = ListOf<HistoryEntryView>)))]
pub(crate) async fn list(
    allowed: Allowed<ShowsRead>,
    Path(id): Path<ShowId>,
    Query(query): Query<HistoryQuery>,
) -> Answer {
    Reply::ok(&history(&mut allowed.snapshot().await?, &allowed.caller, id, &query, "show").await?)
}
