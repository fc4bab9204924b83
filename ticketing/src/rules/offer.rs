//! What is sold at which price: price tiers and offers.

use accounting::TaxRate;
use foundation::{
    Code, Currency, Money, Refusal,
    id::{OfferId, PriceTierId},
    refusal::FieldErrors,
};
use rust_decimal::Decimal;

use super::{show::Show, words::name};

/// The most price tiers of a performance: as many as its layout may have sections and areas.
pub(super) const PRICE_TIERS_MAX: usize = 1_000;

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

impl NewPriceTier {
    /// Checks a tier that is added to a performance which has tiers of these names.
    ///
    /// # Errors
    /// `invalid_field` or `name_taken`, naming all that are wrong; `currency_mismatch`.
    pub fn check(&self, tiers: &[&str], show: &Show) -> Result<(), Refusal> {
        let mut fields = FieldErrors::default();
        name(&mut fields, "/name", &self.name);
        let most = format!("is one of {PRICE_TIERS_MAX} price tiers already; that is the most");
        fields.check(tiers.len() < PRICE_TIERS_MAX, "/name", most);
        if tiers.contains(&self.name.as_str()) {
            fields.note(
                Code::NameTaken,
                "/name",
                format!("`{}` is a price tier of the performance already", self.name),
            );
        }
        self.check_prices(&mut fields, "", &show.ticket_type_names());
        fields.done()?;
        self.check_currency("", show.currency)
    }

    /// Checks what its tickets cost; the tier stands at `at` in the request.
    pub(super) fn check_prices(&self, fields: &mut FieldErrors, at: &str, ticket_types: &[&str]) {
        let at = format!("{at}/prices");
        fields.check(!self.prices.is_empty(), at.as_str(), "must have a price for at least one ticket type");
        let mut priced = Vec::new();
        for (i, new) in self.prices.iter().enumerate() {
            new.check(fields, &format!("{at}/{i}"), ticket_types, &priced);
            priced.push(new.ticket_type.as_str());
        }
    }

    pub(super) fn check_currency(&self, at: &str, currency: Currency) -> Result<(), Refusal> {
        let mut prices = self.prices.iter().enumerate();
        prices.try_for_each(|(i, new)| new.check_currency(&format!("{at}/prices/{i}"), currency))
    }
}

impl NewPrice {
    /// Checks it where it stands in the request; in its tier these types are priced already.
    fn check(&self, fields: &mut FieldErrors, at: &str, ticket_types: &[&str], priced: &[&str]) {
        let (of, pointer) = (self.ticket_type.as_str(), format!("{at}/ticket_type"));
        let unknown = format!("`{of}` is not one of the show's ticket_types");
        fields.check(ticket_types.contains(&of), pointer.as_str(), unknown);
        fields.check(!priced.contains(&of), pointer, "has a price already");
        fields.check(self.price.amount() >= Decimal::ZERO, format!("{at}/price"), "must not be negative");
    }

    fn check_currency(&self, at: &str, currency: Currency) -> Result<(), Refusal> {
        if self.price.currency() == currency {
            return Ok(());
        }
        let mut refusal =
            Refusal::field(format!("{at}/price/currency"), format!("must be {currency}, the show's currency"));
        refusal.code = Code::CurrencyMismatch;
        Err(refusal)
    }
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

/// An offer to be added to a performance.
#[derive(Debug, Clone)]
pub struct NewOffer {
    /// The tier's name.
    pub price_tier: String,
    /// The ticket type and what it costs.
    pub price: NewPrice,
}

impl NewOffer {
    /// Checks it against the performance's tiers and what they are sold as already. Gives the tier.
    ///
    /// # Errors
    /// `invalid_field` naming all that are wrong, `currency_mismatch`.
    pub fn check(
        &self,
        tiers: &[(PriceTierId, String)],
        offers: &[Offer],
        show: &Show,
    ) -> Result<PriceTierId, Refusal> {
        let tier = tiers.iter().find(|(_, known)| *known == self.price_tier).map(|(id, _)| *id);
        let unknown = format!("`{}` is not one of the performance's price_tiers", self.price_tier);
        let mut fields = FieldErrors::default();
        fields.check(tier.is_some(), "/price_tier", unknown.as_str());
        let of_tier = offers.iter().filter(|offer| Some(offer.price_tier_id) == tier);
        let priced: Vec<&str> = of_tier.map(|offer| offer.ticket_type.as_str()).collect();
        self.price.check(&mut fields, "", &show.ticket_type_names(), &priced);
        fields.done()?;
        self.price.check_currency("", show.currency)?;
        tier.ok_or_else(|| Refusal::field("/price_tier", unknown))
    }
}
