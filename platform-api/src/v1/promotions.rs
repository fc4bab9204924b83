//! `/v1/promotions`

pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod update;

use foundation::{
    Instant, Money,
    id::{OfferId, PromotionId},
};
use serde::Serialize;
use ticketing::rules::promotion::{Discount, Promotion};
use utoipa::ToSchema;

/// What a code takes off the price of tickets.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Promotion)]
pub(crate) struct PromotionView {
    id: PromotionId,
    /// What buyers type, in capitals.
    #[schema(example = "SUMMER10")]
    code: String,
    name: String,
    /// Percent of the price.
    #[schema(example = "10")]
    percent: Option<String>,
    /// An amount off the price; a ticket costs nothing at least.
    amount: Option<Money>,
    starts_at: Option<Instant>,
    ends_at: Option<Instant>,
    /// For how many tickets in all.
    max_uses: Option<i32>,
    /// For how many tickets of one buyer.
    max_per_buyer: Option<i32>,
    /// The offers it is for; empty: all.
    offer_ids: Vec<OfferId>,
    /// Counts its changes; also the ETag.
    version: i64,
}

impl From<Promotion> for PromotionView {
    fn from(promotion: Promotion) -> Self {
        let (percent, amount) = match promotion.discount {
            Discount::Percent(percent) => (Some(percent.normalize().to_string()), None),
            Discount::Amount(amount) => (None, Some(amount)),
        };
        Self {
            id: promotion.id,
            code: promotion.code,
            name: promotion.name,
            percent,
            amount,
            starts_at: promotion.starts_at,
            ends_at: promotion.ends_at,
            max_uses: promotion.max_uses,
            max_per_buyer: promotion.max_per_buyer,
            offer_ids: promotion.offers,
            version: promotion.version,
        }
    }
}
