//! `POST /v1/performances/{performance_id}/price_tiers`

use axum::http::StatusCode;
use foundation::id::{PerformanceId, PriceTierId};
use serde::Serialize;
use ticketing::use_cases::add_price_tier::add_price_tier;
use utoipa::ToSchema;

use super::{NewPriceTierBody, OfferView};
use crate::web::{Allowed, Answer, Keyed, Path, scope::ShowsWrite};

/// A price tier with what is sold in it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PriceTier)]
pub(crate) struct PriceTierView {
    id: PriceTierId,
    #[schema(example = "balcony")]
    name: String,
    offers: Vec<OfferView>,
}

/// Adds a price tier to a performance, with its prices. It has no tickets before they are added or moved to it; where there are sale rounds, its
/// offers are sold once a round has prices of them.
#[utoipa::path(post, path = "/v1/performances/{performance_id}/price_tiers", tag = "Performances", params(("performance_id" = PerformanceId, Path)), request_body = NewPriceTierBody, responses((status = 201, body = PriceTierView)))]
pub(crate) async fn add(
    allowed: Allowed<ShowsWrite>,
    Path(performance): Path<PerformanceId>,
    Keyed { key, body }: Keyed<NewPriceTierBody>,
) -> Answer {
    let new = body.read("")?;
    let mut call = allowed.begin(key).await?;
    let (id, offers) = add_price_tier(&mut call.tx, performance, &new).await?;
    let view = PriceTierView { id, name: new.name, offers: offers.into_iter().map(OfferView::from).collect() };
    let answer = call.finish(StatusCode::CREATED, &view, None).await;
    allowed.services.inventory.forget(allowed.caller.reseller, performance);
    answer
}
