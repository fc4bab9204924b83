//! `DELETE /v1/shows/{show_id}`

use foundation::id::ShowId;
use ticketing::use_cases::delete_show::delete_show;

use crate::web::{Allowed, Answer, IfMatch, Path, Reply, caller::commit, scope::ShowsWrite};

/// Deletes a show that nobody ever held a ticket of.
#[utoipa::path(delete, path = "/v1/shows/{show_id}", tag = "Shows", params(("show_id" = ShowId, Path)), responses((status = 204)))]
pub(crate) async fn delete(allowed: Allowed<ShowsWrite>, Path(id): Path<ShowId>, IfMatch(version): IfMatch) -> Answer {
    let mut tx = allowed.tx().await?;
    delete_show(&mut tx, id, version).await?;
    commit(tx).await?;
    Reply::nothing()
}
