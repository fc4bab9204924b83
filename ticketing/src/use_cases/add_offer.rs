//! Adds an offer to a performance: one of its price tiers is sold as one more ticket type.

use foundation::{Error, Result, TenantTx, event, id::PerformanceId};
use serde_json::json;

use crate::{
    rules::offer::{NewOffer, Offer},
    store::{offers, performances, shows, stock},
};

/// Adds it. Who holds or has bought something keeps what it is.
///
/// # Errors
/// `not_found`, `performance_archived`, and what [`NewOffer::check`] refuses.
pub async fn add_offer(tx: &mut TenantTx, id: PerformanceId, new: &NewOffer) -> Result<Offer> {
    performances::lock_to_change(tx, id).await?;
    let show = performances::get(tx, id).await?.show;
    let show = shows::get(tx, show).await?;
    let tiers = performances::price_tiers(tx, id).await?;
    let tier = new.check(&tiers, &offers::of_performance(tx, id).await?, &show)?;
    let written = offers::insert(tx, id, tier, &new.price, &show.ticket_types).await?;
    let added = added(tx, id, |offer| offer.id == written).await?.pop();
    added.ok_or_else(|| Error::Inconsistent("an offer that was just written is not there".to_owned()))
}

/// Tells of the offers that a locked performance was given, and makes every memory see them before it proposes anything. Gives them.
pub(super) async fn added(tx: &mut TenantTx, id: PerformanceId, new: impl Fn(&Offer) -> bool) -> Result<Vec<Offer>> {
    let version = performances::stock_changed(tx, id).await?;
    let added: Vec<Offer> = offers::of_performance(tx, id).await?.into_iter().filter(new).collect();
    let told = |offer: &Offer| {
        json!({
            "id": offer.id, "price_tier_id": offer.price_tier_id, "price_tier": offer.price_tier,
            "ticket_type": offer.ticket_type, "price": offer.price, "tax_rate": offer.tax_rate,
        })
    };
    let data = json!({ "id": id, "offers": added.iter().map(told).collect::<Vec<_>>() });
    let told = event::NewEvent::of("performance.offers_added", "performance", id, version, data);
    event::append(tx, &[told, stock::reload(id)]).await?;
    Ok(added)
}
