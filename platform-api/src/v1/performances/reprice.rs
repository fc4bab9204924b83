//! `POST /v1/performances/{performance_id}/reprice`

use axum::http::StatusCode;
use foundation::{
    Money,
    id::{OfferId, PerformanceId},
};
use serde::{Deserialize, Serialize};
use ticketing::use_cases::reprice::reprice;
use utoipa::ToSchema;

use super::OfferView;
use crate::web::{Allowed, Answer, Keyed, Path, scope::ShowsWrite};

/// New prices.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPrices)]
pub(crate) struct NewPricesBody {
    prices: Vec<OfferPriceBody>,
    /// Only say whom they reach.
    #[serde(default)]
    dry_run: bool,
}

/// What an offer is to cost.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OfferPrice)]
pub(crate) struct OfferPriceBody {
    offer_id: OfferId,
    price: Money,
}

/// The new prices and whom they reach.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Repriced)]
pub(crate) struct RepricedView {
    dry_run: bool,
    offers: Vec<RepricedOfferView>,
    /// Holds of the performance: what they have of these offers costs the new price when it is ordered.
    holds: i64,
    /// Unpaid orders, which keep their price.
    unpaid_orders: i64,
    /// Paid orders, which keep theirs.
    orders: i64,
}

/// An offer with its new price.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RepricedOffer)]
struct RepricedOfferView {
    /// What it cost before.
    price_before: Money,
    #[serde(flatten)]
    offer: OfferView,
}

/// Changes prices of a performance, several at once, all or none. They reach holds that are not ordered yet; orders keep theirs.
#[utoipa::path(post, path = "/v1/performances/{performance_id}/reprice", tag = "Performances", params(("performance_id" = PerformanceId, Path)), request_body = NewPricesBody, responses((status = 200, body = RepricedView)))]
pub(crate) async fn create(
    allowed: Allowed<ShowsWrite>,
    Path(performance): Path<PerformanceId>,
    Keyed { key, body }: Keyed<NewPricesBody>,
) -> Answer {
    let prices: Vec<(OfferId, Money)> = body.prices.into_iter().map(|of| (of.offer_id, of.price)).collect();
    let mut call = allowed.begin(key).await?;
    let repriced = reprice(&mut call.tx, performance, &prices, body.dry_run).await?;
    let view = RepricedView {
        dry_run: body.dry_run,
        offers: (repriced.offers.into_iter().zip(repriced.before))
            .map(|(offer, price_before)| RepricedOfferView { price_before, offer: offer.into() })
            .collect(),
        holds: repriced.concerned.holds,
        unpaid_orders: repriced.concerned.unpaid_orders,
        orders: repriced.concerned.orders,
    };
    let answer = call.finish(StatusCode::OK, &view, None).await;
    allowed.services.inventory.forget(allowed.caller.reseller, performance);
    answer
}
