//! `GET /v1/performances/{performance_id}/waitlist/entries/{entry_id}`

use foundation::id::{PerformanceId, WaitlistEntryId};
use ticketing::store::waitlist_entries;

use super::EntryView;
use crate::web::{Allowed, Answer, Path, Reply, scope::WaitlistsWrite};

/// Reads an entry with its place.
#[utoipa::path(get, path = "/v1/performances/{performance_id}/waitlist/entries/{entry_id}", tag = "Waitlists", params(("performance_id" = PerformanceId, Path), ("entry_id" = WaitlistEntryId, Path)), responses((status = 200, body = EntryView)))]
pub(crate) async fn get(
    allowed: Allowed<WaitlistsWrite>,
    Path((performance, id)): Path<(PerformanceId, WaitlistEntryId)>,
) -> Answer {
    let mut tx = allowed.snapshot().await?;
    let entry = waitlist_entries::get(&mut tx, performance, id).await?;
    // Without an ETag: its place changes with others, and its state with time.
    Reply::ok(&EntryView::placed(&mut tx, entry).await?)
}
