//! Changes an offer's price and the tax in it. It reaches holds, told before ordering; never orders.

use accounting::TaxRate;
use foundation::{
    Code, Money, Refusal, Result, TenantTx, event,
    id::{OfferId, PerformanceId},
    version::IfVersion,
};
use rust_decimal::Decimal;
use serde_json::json;

use super::stale;
use crate::{
    rules::offer::Offer,
    store::{offers, stock},
};

/// What to change; what is not named stays.
#[derive(Debug, Clone, Copy, Default)]
pub struct OfferChanges {
    /// The price.
    pub price: Option<Money>,
    /// The tax in it; `Some(None)`: it is not told any more.
    pub tax_rate: Option<Option<TaxRate>>,
}

impl From<Money> for OfferChanges {
    fn from(price: Money) -> Self {
        Self { price: Some(price), tax_rate: None }
    }
}

/// Changes the offer of this version.
///
/// # Errors
/// `not_found`, `if_match_stale`, `currency_mismatch`, `invalid_field`.
pub async fn update_offer(
    tx: &mut TenantTx,
    performance: PerformanceId,
    id: OfferId,
    version: impl Into<IfVersion>,
    changes: impl Into<OfferChanges>,
) -> Result<Offer> {
    offers::lock(tx, performance, id).await?;
    let find =
        |offers: Vec<Offer>| offers.into_iter().find(|offer| offer.id == id).ok_or_else(|| Refusal::missing("offer"));
    let offer = find(offers::of_performance(tx, performance).await?)?;
    let changes: OfferChanges = changes.into();
    let (price, tax_rate) = (changes.price.unwrap_or(offer.price), changes.tax_rate.unwrap_or(offer.tax_rate));
    if price.currency() != offer.price.currency() {
        let detail = format!("The price must be in {}, the show's currency.", offer.price.currency());
        return Err(Refusal::new(Code::CurrencyMismatch, detail).into());
    }
    if price.amount() < Decimal::ZERO {
        return Err(Refusal::field("/price", "must not be negative").into());
    }
    if !version.into().admits(offer.version)
        || !offers::update(tx, performance, id, offer.version, (price, tax_rate)).await?
    {
        return Err(stale().into());
    }
    let data = json!({ "id": id, "performance_id": performance, "price": price, "tax_rate": tax_rate });
    let changed = event::NewEvent::of("offer.price_changed", "offer", id, offer.version + 1, data);
    event::append(tx, &[changed, stock::reload(performance)]).await?;
    Ok(Offer { price, tax_rate, version: offer.version + 1, ..offer })
}
