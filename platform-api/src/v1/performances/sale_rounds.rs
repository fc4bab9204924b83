//! `/v1/performances/{performance_id}/sale_rounds`

pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod guests;
pub(crate) mod list;
pub(crate) mod update;

use foundation::{
    Instant, Money,
    id::{OfferId, SaleRoundId},
};
use serde::{Deserialize, Serialize};
use ticketing::rules::{self, sale_round::SaleRound};
use utoipa::ToSchema;

use super::reached::ReachedView;

/// Who may buy in a sale round.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SaleRoundAccess {
    /// Anyone.
    Anyone,
    /// Who has one of its codes.
    Codes,
    /// Who is on its list, by reference or e-mail address.
    List,
}

impl From<SaleRoundAccess> for rules::sale_round::Access {
    fn from(wire: SaleRoundAccess) -> Self {
        match wire {
            SaleRoundAccess::Anyone => Self::Anyone,
            SaleRoundAccess::Codes => Self::Codes,
            SaleRoundAccess::List => Self::List,
        }
    }
}

/// When, at which prices, how many tickets and to whom a performance is sold. Of the rounds that are open to a buyer the first with
/// tickets left sells.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SaleRound)]
pub(crate) struct SaleRoundView {
    id: SaleRoundId,
    #[schema(example = "early bird")]
    name: String,
    /// Null: when the round before it has closed, or has fewer tickets left than are wanted.
    opens_at: Option<Instant>,
    /// Null: with the performance's sale.
    closes_at: Option<Instant>,
    /// How many tickets it sells; null: as many as there are.
    capacity: Option<i32>,
    access: SaleRoundAccess,
    /// How many tickets each of its codes is good for.
    tickets_per_code: i32,
    prices: Vec<SaleRoundPrice>,
    /// Counts its changes; also the ETag.
    version: i64,
    /// Whom the change would reach; only in the answer to its dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    concerned: Option<ReachedView>,
}

/// What an offer costs in a sale round.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SaleRoundPrice {
    offer_id: OfferId,
    price: Money,
}

impl From<SaleRoundPrice> for (OfferId, Money) {
    fn from(price: SaleRoundPrice) -> Self {
        (price.offer_id, price.price)
    }
}

impl From<SaleRound> for SaleRoundView {
    fn from(round: SaleRound) -> Self {
        Self {
            id: round.id,
            name: round.name,
            opens_at: round.opens_at,
            closes_at: round.closes_at,
            capacity: round.capacity,
            access: match round.access {
                rules::sale_round::Access::Anyone => SaleRoundAccess::Anyone,
                rules::sale_round::Access::Codes => SaleRoundAccess::Codes,
                rules::sale_round::Access::List => SaleRoundAccess::List,
            },
            tickets_per_code: round.tickets_per_code,
            prices: round.prices.into_iter().map(|(offer_id, price)| SaleRoundPrice { offer_id, price }).collect(),
            version: round.version,
            concerned: None,
        }
    }
}
