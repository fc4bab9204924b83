//! `POST /v1/performances/{performance_id}/offers`

use axum::http::StatusCode;
use foundation::{Money, id::PerformanceId, money::exact_decimal_or_null};
use rust_decimal::Decimal;
use serde::Deserialize;
use ticketing::{rules::offer::NewOffer, use_cases::add_offer::add_offer};
use utoipa::ToSchema;

use super::super::{NewPriceBody, OfferView};
use crate::web::{Allowed, Answer, Keyed, Path, scope::ShowsWrite};

/// A price tier that is to be sold as one more ticket type.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewOffer)]
pub(crate) struct NewOfferBody {
    /// One of the performance's price tiers, by name.
    #[schema(example = "stalls")]
    price_tier: String,
    /// One of the show's ticket types, by name.
    #[schema(example = "child")]
    ticket_type: String,
    price: Money,
    /// The percentage of your own tax that the price includes, 0 to 100 with three decimals at most; left out, it is not told.
    #[serde(default, deserialize_with = "exact_decimal_or_null")]
    #[schema(value_type = Option<String>, example = "9")]
    tax_rate: Option<Decimal>,
}

/// Adds an offer to a performance: tickets of the price tier are sold as this ticket type too, at once; where there are sale rounds, once a round
/// has a price of it.
#[utoipa::path(post, path = "/v1/performances/{performance_id}/offers", tag = "Performances", params(("performance_id" = PerformanceId, Path)), request_body = NewOfferBody, responses((status = 201, body = OfferView)))]
pub(crate) async fn create(
    allowed: Allowed<ShowsWrite>,
    Path(performance): Path<PerformanceId>,
    Keyed { key, body }: Keyed<NewOfferBody>,
) -> Answer {
    let NewOfferBody { price_tier, ticket_type, price, tax_rate } = body;
    let new = NewOffer { price_tier, price: NewPriceBody { ticket_type, price, tax_rate }.read("")? };
    let mut call = allowed.begin(key).await?;
    let offer = add_offer(&mut call.tx, performance, &new).await?;
    let version = offer.version;
    let answer = call.finish(StatusCode::CREATED, &OfferView::from(offer), Some(version)).await;
    allowed.services.inventory.forget(allowed.caller.reseller, performance);
    answer
}
