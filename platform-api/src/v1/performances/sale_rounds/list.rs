//! `GET /v1/performances/{performance_id}/sale_rounds`

use foundation::{id::PerformanceId, page::Page};
use ticketing::store::sale_rounds;

use super::{super::seen, SaleRoundView};
use crate::web::{Allowed, Answer, ListOf, Path, Reply, scope::ShowsRead};

/// Lists a performance's sale rounds in their order; there are 50 at most.
#[utoipa::path(get, path = "/v1/performances/{performance_id}/sale_rounds", tag = "Performances", params(("performance_id" = PerformanceId, Path)), responses((status = 200, body = ListOf<SaleRoundView>)))]
pub(crate) async fn list(allowed: Allowed<ShowsRead>, Path(performance): Path<PerformanceId>) -> Answer {
    let mut tx = allowed.snapshot().await?;
    seen(&mut tx, &allowed.caller, performance).await?;
    let rounds = sale_rounds::of_performances(&mut tx, &[performance]).await?;
    Reply::ok(&ListOf::from(Page { items: rounds, next_cursor: None }.map(SaleRoundView::from)))
}
