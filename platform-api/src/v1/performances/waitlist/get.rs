//! `GET /v1/performances/{performance_id}/waitlist`

use foundation::id::PerformanceId;
use ticketing::use_cases::set_waitlist::get_waitlist;

use super::WaitlistView;
use crate::{
    v1::performances::seen,
    web::{Allowed, Answer, Path, Reply, scope::ShowsRead},
};

/// Reads whether a performance's waitlist takes anyone in, and how many wait.
#[utoipa::path(get, path = "/v1/performances/{performance_id}/waitlist", tag = "Waitlists", params(("performance_id" = PerformanceId, Path)), responses((status = 200, body = WaitlistView)))]
pub(crate) async fn get(allowed: Allowed<ShowsRead>, Path(id): Path<PerformanceId>) -> Answer {
    let mut tx = allowed.snapshot().await?;
    seen(&mut tx, &allowed.caller, id).await?;
    let list = get_waitlist(&mut tx, id).await?;
    Reply::versioned(&WaitlistView::from(list), list.version)
}
