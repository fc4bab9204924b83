//! `DELETE /v1/performances/{performance_id}`

use foundation::id::PerformanceId;
use ticketing::use_cases::delete_performance::delete_performance;

use crate::web::{Allowed, Answer, IfMatch, Path, Reply, caller::commit, scope::ShowsWrite};

/// Deletes a performance that nobody ever held a ticket of.
#[utoipa::path(delete, path = "/v1/performances/{performance_id}", tag = "Performances", params(("performance_id" = PerformanceId, Path)), responses((status = 204)))]
pub(crate) async fn delete(
    allowed: Allowed<ShowsWrite>,
    Path(id): Path<PerformanceId>,
    IfMatch(version): IfMatch,
) -> Answer {
    let mut tx = allowed.tx().await?;
    delete_performance(&mut tx, id, version).await?;
    commit(tx).await?;
    Reply::nothing()
}
