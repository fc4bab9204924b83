//! What is sold at which price: price tiers and offers.

use foundation::{
    Money,
    id::{OfferId, PriceTierId},
};

/// A price tier and what each ticket type costs in it.
#[derive(Debug, Clone)]
pub struct NewPriceTier {
    /// What it is called.
    pub name: String,
    /// Ticket type and price.
    pub prices: Vec<(String, Money)>,
}

/// What is sold: a ticket type in a price tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its id.
    pub id: OfferId,
    /// The tier's id.
    pub price_tier_id: PriceTierId,
    /// The tier's name.
    pub price_tier: String,
    /// The ticket type's name.
    pub ticket_type: String,
    /// The face value.
    pub price: Money,
    /// Counts its changes.
    pub version: i64,
}
