//! `PATCH /v1/shows/{show_id}/buyer_limit`

use foundation::id::ShowId;
use serde::Deserialize;
use ticketing::use_cases::set_buyer_limit::set_of_show;
use utoipa::ToSchema;

use crate::{
    v1::{
        buyer_limit::{BuyerLimitView, CountedPer},
        shows::update::given,
    },
    web::{Allowed, Answer, Body, IfMatch, Path, Reply, caller::commit, scope::ShowsWrite},
};

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ShowBuyerLimit)]
pub(crate) struct BuyerLimitBody {
    /// Null: 6.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i32>)]
    max_tickets: Option<Option<i32>>,
    /// Over what a buyer's tickets count.
    counted_per: Option<CountedPer>,
}

/// Sets how many tickets one buyer may have, from now on.
#[utoipa::path(patch, path = "/v1/shows/{show_id}/buyer_limit", tag = "Shows", params(("show_id" = ShowId, Path)), request_body = BuyerLimitBody, responses((status = 200, body = BuyerLimitView)))]
pub(crate) async fn update(
    allowed: Allowed<ShowsWrite>,
    Path(id): Path<ShowId>,
    IfMatch(version): IfMatch,
    Body(body): Body<BuyerLimitBody>,
) -> Answer {
    let mut tx = allowed.tx().await?;
    let limit = set_of_show(&mut tx, id, version, body.max_tickets, body.counted_per.map(Into::into)).await?;
    commit(tx).await?;
    Reply::versioned(&BuyerLimitView::from(limit), limit.version)
}
