//! Adds a price tier to a performance, with its offers. Nothing is sold in it before tickets are put into it.

use foundation::{
    Result, TenantTx,
    id::{PerformanceId, PriceTierId},
};

use super::add_offer::added;
use crate::{
    rules::offer::{NewPriceTier, Offer},
    store::{offers, performances, shows},
};

/// Adds it after those that are there. Gives its id and its offers.
///
/// # Errors
/// `not_found`, `performance_archived`, and what [`NewPriceTier::check`] refuses.
pub async fn add_price_tier(
    tx: &mut TenantTx,
    id: PerformanceId,
    new: &NewPriceTier,
) -> Result<(PriceTierId, Vec<Offer>)> {
    performances::lock_to_change(tx, id).await?;
    let show = performances::get(tx, id).await?.show;
    let show = shows::get(tx, show).await?;
    let tiers = performances::price_tiers(tx, id).await?;
    let names: Vec<&str> = tiers.iter().map(|(_, name)| name.as_str()).collect();
    new.check(&names, &show)?;
    let tier = offers::insert_tier(tx, id, new, &show.ticket_types).await?;
    Ok((tier, added(tx, id, |offer| offer.price_tier_id == tier).await?))
}
