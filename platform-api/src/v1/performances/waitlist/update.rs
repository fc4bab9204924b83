//! `PATCH /v1/performances/{performance_id}/waitlist`

use foundation::id::PerformanceId;
use serde::Deserialize;
use ticketing::use_cases::set_waitlist::{WaitlistChanges, set_waitlist};
use utoipa::ToSchema;

use super::{WaitlistState, WaitlistView};
use crate::web::{Allowed, Answer, Body, IfMatch, Path, Reply, caller::commit, scope::ShowsWrite};

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WaitlistChanges)]
pub(crate) struct WaitlistBody {
    state: Option<WaitlistState>,
    /// For how long offers stand that are made from now on: 300 to 604800, a day unless said.
    offer_seconds: Option<i32>,
}

/// Opens or closes a performance's waitlist, and says how long its offers stand.
#[utoipa::path(patch, path = "/v1/performances/{performance_id}/waitlist", tag = "Waitlists", params(("performance_id" = PerformanceId, Path)), request_body = WaitlistBody, responses((status = 200, body = WaitlistView)))]
pub(crate) async fn update(
    allowed: Allowed<ShowsWrite>,
    Path(id): Path<PerformanceId>,
    IfMatch(version): IfMatch,
    Body(body): Body<WaitlistBody>,
) -> Answer {
    let changes = WaitlistChanges { state: body.state.map(Into::into), offer_seconds: body.offer_seconds };
    let mut tx = allowed.tx().await?;
    let list = set_waitlist(&mut tx, id, version, changes).await?;
    commit(tx).await?;
    Reply::versioned(&WaitlistView::from(list), list.version)
}
