//! `PATCH /v1/performances/{performance_id}/buyer_limit`

use foundation::id::PerformanceId;
use serde::Deserialize;
use ticketing::use_cases::set_buyer_limit::set_of_performance;
use utoipa::ToSchema;

use crate::{
    v1::{buyer_limit::BuyerLimitView, shows::update::given},
    web::{Allowed, Answer, Body, IfMatch, Path, Reply, caller::commit, scope::ShowsWrite},
};

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PerformanceBuyerLimit)]
pub(crate) struct BuyerLimitBody {
    /// Null: what the show says.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i32>)]
    max_tickets: Option<Option<i32>>,
}

/// Sets how many tickets one buyer may have, from now on.
#[utoipa::path(patch, path = "/v1/performances/{performance_id}/buyer_limit", tag = "Performances", params(("performance_id" = PerformanceId, Path)), request_body = BuyerLimitBody, responses((status = 200, body = BuyerLimitView)))]
pub(crate) async fn update(
    allowed: Allowed<ShowsWrite>,
    Path(id): Path<PerformanceId>,
    IfMatch(version): IfMatch,
    Body(body): Body<BuyerLimitBody>,
) -> Answer {
    let mut tx = allowed.tx().await?;
    let limit = set_of_performance(&mut tx, id, version, body.max_tickets).await?;
    commit(tx).await?;
    Reply::versioned(&BuyerLimitView::from(limit), limit.version)
}
