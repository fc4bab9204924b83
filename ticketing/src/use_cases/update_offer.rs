//! Changes an offer's price. It reaches holds, told before ordering; never orders.

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

/// Sets the price of the offer of this version.
///
/// # Errors
/// `not_found`, `if_match_stale`, `currency_mismatch`, `invalid_field`.
pub async fn update_offer(
    tx: &mut TenantTx,
    performance: PerformanceId,
    id: OfferId,
    version: impl Into<IfVersion>,
    price: Money,
) -> Result<Offer> {
    offers::lock(tx, performance, id).await?;
    let find =
        |offers: Vec<Offer>| offers.into_iter().find(|offer| offer.id == id).ok_or_else(|| Refusal::missing("offer"));
    let offer = find(offers::of_performance(tx, performance).await?)?;
    if price.currency() != offer.price.currency() {
        let detail = format!("The price must be in {}, the show's currency.", offer.price.currency());
        return Err(Refusal::new(Code::CurrencyMismatch, detail).into());
    }
    if price.amount() < Decimal::ZERO {
        return Err(Refusal::field("/price", "must not be negative").into());
    }
    if !version.into().admits(offer.version) || !offers::update(tx, performance, id, offer.version, price).await? {
        return Err(stale().into());
    }
    let data = json!({ "id": id, "performance_id": performance, "price": price });
    let changed = event::NewEvent::of("offer.price_changed", "offer", id, offer.version + 1, data);
    event::append(tx, &[changed, stock::reload(performance)]).await?;
    Ok(Offer { price, version: offer.version + 1, ..offer })
}
