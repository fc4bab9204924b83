//! Changes an offer's price, while nothing of its performance was held, and the tax in it. What was held gets new prices by
//! [`super::reprice`]. Neither reaches an order.

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
    store::{claims, offers, performances, stock},
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

/// Changes the offer of this version. Where nothing changes, nothing is written.
///
/// # Errors
/// `not_found`, `performance_archived`, `if_match_stale`, `currency_mismatch`, `invalid_field`, `tickets_in_use` for another price once anything was held.
pub async fn update_offer(
    tx: &mut TenantTx,
    performance: PerformanceId,
    id: OfferId,
    version: impl Into<IfVersion>,
    changes: impl Into<OfferChanges>,
) -> Result<Offer> {
    let changes: OfferChanges = changes.into();
    if changes.price.is_some() {
        // Whether anything was held is known only while nobody can.
        performances::lock(tx, &[performance], true).await?;
    }
    offers::lock(tx, performance, id).await?;
    performances::not_archived(performances::get(tx, performance).await?.archived_at)?;
    let find =
        |offers: Vec<Offer>| offers.into_iter().find(|offer| offer.id == id).ok_or_else(|| Refusal::missing("offer"));
    let offer = find(offers::of_performance(tx, performance).await?)?;
    let (price, tax_rate) = (changes.price.unwrap_or(offer.price), changes.tax_rate.unwrap_or(offer.tax_rate));
    if price.currency() != offer.price.currency() {
        let detail = format!("The price must be in {}, the show's currency.", offer.price.currency());
        return Err(Refusal::new(Code::CurrencyMismatch, detail).into());
    }
    if price.amount() < Decimal::ZERO {
        return Err(Refusal::field("/price", "must not be negative").into());
    }
    if !version.into().admits(offer.version) {
        return Err(stale().into());
    }
    if (price, tax_rate) == (offer.price, offer.tax_rate) {
        return Ok(offer);
    }
    if price != offer.price && claims::any_ever(tx, performance).await? {
        let detail = "Tickets of it were held or sold; change its prices by POST /v1/performances/{performance_id}/reprice, which says first whom that reaches.";
        return Err(Refusal::new(Code::TicketsInUse, detail).into());
    }
    if !offers::update(tx, performance, id, offer.version, (price, tax_rate)).await? {
        return Err(stale().into());
    }
    let data = json!({ "id": id, "performance_id": performance, "price": price, "tax_rate": tax_rate });
    let changed = event::NewEvent::of("offer.price_changed", "offer", id, offer.version + 1, data);
    event::append(tx, &[changed, stock::reload(performance)]).await?;
    Ok(Offer { price, tax_rate, version: offer.version + 1, ..offer })
}
