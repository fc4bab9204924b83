//! `PATCH /v1/performances/{performance_id}/sale_rounds/{sale_round_id}`

use foundation::{
    Instant,
    id::{PerformanceId, SaleRoundId},
};
use serde::Deserialize;
use ticketing::use_cases::{
    set_sale_round::{SaleRoundChanges, update_sale_round},
    try_terms::try_sale_round,
};
use utoipa::ToSchema;

use super::{SaleRoundPrice, SaleRoundView};
use crate::{
    v1::shows::update::given,
    web::{Allowed, Answer, Body, IfMatch, Path, Reply, caller::commit, scope::ShowsWrite},
};

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SaleRoundChanges)]
pub(crate) struct SaleRoundChangesBody {
    name: Option<String>,
    /// Null: when the round before it has closed, or has fewer tickets left than are wanted.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Instant>)]
    opens_at: Option<Option<Instant>>,
    /// Null: with the performance's sale.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Instant>)]
    closes_at: Option<Option<Instant>>,
    /// Null: as many as there are.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i32>)]
    capacity: Option<Option<i32>>,
    /// Prices to set; those of other offers stay.
    #[serde(default)]
    prices: Vec<SaleRoundPrice>,
    /// Only say what would become of it and whom it would reach (`concerned`), or what is refused and why.
    #[serde(default)]
    dry_run: bool,
}

/// Changes a sale round. New prices reach holds that are not ordered yet; orders keep theirs.
#[utoipa::path(patch, path = "/v1/performances/{performance_id}/sale_rounds/{sale_round_id}", tag = "Performances", params(("performance_id" = PerformanceId, Path), ("sale_round_id" = SaleRoundId, Path)), request_body = SaleRoundChangesBody, responses((status = 200, body = SaleRoundView)))]
pub(crate) async fn update(
    allowed: Allowed<ShowsWrite>,
    Path((performance, id)): Path<(PerformanceId, SaleRoundId)>,
    IfMatch(version): IfMatch,
    Body(body): Body<SaleRoundChangesBody>,
) -> Answer {
    let changes = SaleRoundChanges {
        name: body.name,
        opens_at: body.opens_at,
        closes_at: body.closes_at,
        capacity: body.capacity,
        prices: body.prices.into_iter().map(Into::into).collect(),
    };
    let mut tx = allowed.tx().await?;
    if body.dry_run {
        let (round, reached) = try_sale_round(tx, performance, id, version, changes).await?;
        let is = round.version;
        let view = SaleRoundView { concerned: Some(reached.into()), ..round.into() };
        return Reply::versioned(&view, is);
    }
    let round = update_sale_round(&mut tx, performance, id, version, changes).await?;
    commit(tx).await?;
    let version = round.version;
    Reply::versioned(&SaleRoundView::from(round), version)
}
