//! `GET /v1/performances/{performance_id}/sale_rounds/{sale_round_id}`

use foundation::id::{PerformanceId, SaleRoundId};
use ticketing::store::sale_rounds;

use super::{super::seen, SaleRoundView};
use crate::web::{Allowed, Answer, Path, Reply, scope::ShowsRead};

/// Reads a sale round.
#[utoipa::path(get, path = "/v1/performances/{performance_id}/sale_rounds/{sale_round_id}", tag = "Performances", params(("performance_id" = PerformanceId, Path), ("sale_round_id" = SaleRoundId, Path)), responses((status = 200, body = SaleRoundView)))]
pub(crate) async fn get(
    allowed: Allowed<ShowsRead>,
    Path((performance, id)): Path<(PerformanceId, SaleRoundId)>,
) -> Answer {
    let mut tx = allowed.snapshot().await?;
    seen(&mut tx, &allowed.caller, performance).await?;
    let round = sale_rounds::get(&mut tx, performance, id).await?;
    let version = round.version;
    Reply::versioned(&SaleRoundView::from(round), version)
}
