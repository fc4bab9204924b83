//! `PATCH /v1/promotions/{promotion_id}`

use foundation::{Instant, id::PromotionId};
use serde::Deserialize;
use ticketing::use_cases::set_promotion::{PromotionChanges, update_promotion};
use utoipa::ToSchema;

use super::PromotionView;
use crate::{
    v1::shows::update::given,
    web::{Allowed, Answer, Body, IfMatch, Path, Reply, caller::commit, scope::ShowsWrite},
};

/// What to change; what is left out stays. What it takes off never changes: end it and make another.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PromotionChanges)]
pub(crate) struct PromotionChangesBody {
    name: Option<String>,
    /// Null: at once.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Instant>)]
    starts_at: Option<Option<Instant>>,
    /// Null: never.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Instant>)]
    ends_at: Option<Option<Instant>>,
    /// Not below how often it is used; only where it was limited from the first.
    max_uses: Option<i32>,
    /// Only where it was limited from the first.
    max_per_buyer: Option<i32>,
}

/// Changes when and how often a promotion holds.
#[utoipa::path(patch, path = "/v1/promotions/{promotion_id}", tag = "Promotions", params(("promotion_id" = PromotionId, Path)), request_body = PromotionChangesBody, responses((status = 200, body = PromotionView)))]
pub(crate) async fn update(
    allowed: Allowed<ShowsWrite>,
    Path(id): Path<PromotionId>,
    IfMatch(version): IfMatch,
    Body(body): Body<PromotionChangesBody>,
) -> Answer {
    let changes = PromotionChanges {
        name: body.name,
        starts_at: body.starts_at,
        ends_at: body.ends_at,
        max_uses: body.max_uses,
        max_per_buyer: body.max_per_buyer,
    };
    let mut tx = allowed.tx().await?;
    let promotion = update_promotion(&mut tx, id, version, changes).await?;
    commit(tx).await?;
    let version = promotion.version;
    Reply::versioned(&PromotionView::from(promotion), version)
}
