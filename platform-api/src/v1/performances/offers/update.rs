//! `PATCH /v1/performances/{performance_id}/offers/{offer_id}`

use foundation::{
    Money,
    id::{OfferId, PerformanceId},
};
use serde::Deserialize;
use ticketing::use_cases::update_offer::update_offer;
use utoipa::ToSchema;

use super::super::OfferView;
use crate::web::{Allowed, Answer, Body, IfMatch, Path, Reply, caller::commit, scope::ShowsWrite};

/// What to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OfferChanges)]
pub(crate) struct OfferChangesBody {
    price: Money,
}

/// Changes an offer's price. It reaches holds that are not ordered yet; orders keep theirs.
#[utoipa::path(patch, path = "/v1/performances/{performance_id}/offers/{offer_id}", tag = "Performances", params(("performance_id" = PerformanceId, Path), ("offer_id" = OfferId, Path)), request_body = OfferChangesBody, responses((status = 200, body = OfferView)))]
pub(crate) async fn update(
    allowed: Allowed<ShowsWrite>,
    Path((performance, id)): Path<(PerformanceId, OfferId)>,
    IfMatch(version): IfMatch,
    Body(body): Body<OfferChangesBody>,
) -> Answer {
    let mut tx = allowed.tx().await?;
    let offer = update_offer(&mut tx, performance, id, version, body.price).await?;
    commit(tx).await?;
    allowed.services.inventory.forget(allowed.caller.reseller, performance);
    let version = offer.version;
    Reply::versioned(&OfferView::from(offer), version)
}
