//! `GET /v1/performances/{performance_id}/seating`

use foundation::id::PerformanceId;
use ticketing::use_cases::set_seating::get_seating;

use super::SeatingRulesView;
use crate::{
    v1::performances::seen,
    web::{Allowed, Answer, Path, Reply, scope::ShowsRead},
};

/// Reads how seats of a performance are chosen.
#[utoipa::path(get, path = "/v1/performances/{performance_id}/seating", tag = "Performances", params(("performance_id" = PerformanceId, Path)), responses((status = 200, body = SeatingRulesView)))]
pub(crate) async fn get(allowed: Allowed<ShowsRead>, Path(id): Path<PerformanceId>) -> Answer {
    let mut tx = allowed.tx().await?;
    seen(&mut tx, &allowed.caller, id).await?;
    let seating = get_seating(&mut tx, id).await?;
    Reply::versioned(&SeatingRulesView::from(seating), seating.version)
}
