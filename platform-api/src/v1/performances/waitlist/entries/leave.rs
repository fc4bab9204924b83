//! `POST /v1/performances/{performance_id}/waitlist/entries/{entry_id}/leave`

use axum::http::StatusCode;
use foundation::id::{PerformanceId, WaitlistEntryId};
use ticketing::use_cases::leave_waitlist::leave_waitlist;

use super::EntryView;
use crate::web::{Allowed, Answer, Keyed, Path, body::Nothing, scope::WaitlistsWrite};

/// Gives up a place, or declines an offer: its tickets go to the next whom they fit.
#[utoipa::path(post, path = "/v1/performances/{performance_id}/waitlist/entries/{entry_id}/leave", tag = "Waitlists", params(("performance_id" = PerformanceId, Path), ("entry_id" = WaitlistEntryId, Path)), responses((status = 200, body = EntryView)))]
pub(crate) async fn leave(
    allowed: Allowed<WaitlistsWrite>,
    Path((performance, id)): Path<(PerformanceId, WaitlistEntryId)>,
    Keyed { key, .. }: Keyed<Nothing>,
) -> Answer {
    let mut call = allowed.begin(key).await?;
    let left = leave_waitlist(&mut call.tx, &allowed.services.inventory, performance, id).await?;
    let version = left.entry.version;
    let view = EntryView::placed(&mut call.tx, left.entry).await?;
    call.finish_with(StatusCode::OK, &view, Some(version), &left.changes).await
}
