//! What is sold at which price: price tiers and offers.

use accounting::TaxRate;
use foundation::{
    Money,
    id::{OfferId, PriceTierId},
};

/// A price tier and what each ticket type costs in it.
#[derive(Debug, Clone)]
pub struct NewPriceTier {
    /// What it is called.
    pub name: String,
    /// What its tickets cost.
    pub prices: Vec<NewPrice>,
}

/// What a ticket type costs in a price tier.
#[derive(Debug, Clone)]
pub struct NewPrice {
    /// The ticket type's name.
    pub ticket_type: String,
    /// The face value.
    pub price: Money,
    /// The reseller's own tax that it includes, if that is told.
    pub tax_rate: Option<TaxRate>,
}

impl From<(String, Money)> for NewPrice {
    /// A price of which no tax is told.
    fn from((ticket_type, price): (String, Money)) -> Self {
        Self { ticket_type, price, tax_rate: None }
    }
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
    /// The reseller's own tax that it includes, if that is told.
    pub tax_rate: Option<TaxRate>,
    /// Counts its changes.
    pub version: i64,
}
