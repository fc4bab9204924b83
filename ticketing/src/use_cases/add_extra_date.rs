//! Adds another date like a performance, in one call: the same venue, prices, tickets and terms of sale, nothing of them sold.

use foundation::{Error, Result, TenantTx, event, id::PerformanceId, refusal::FieldErrors};
use serde_json::json;

use super::{
    add_performance::{has_room, new_of, performance_event},
    copy_terms::copy_terms,
    keep_apart::keep_apart,
};
use crate::{
    rules::{
        offer::{NewPrice, NewPriceTier, Offer},
        performance::{NewPerformance, Performance},
        times::GivenTimes,
    },
    store::{layouts, offers, performances, seating, shows, tickets},
};

/// Adds it. What is not said of its times is as far from its start as it is there; it is on sale at once.
///
/// # Errors
/// `not_found`, `too_many_performances`, `invalid_field`, `performances_overlap`, `local_time_missing`, `local_time_ambiguous`.
pub async fn add_extra_date(tx: &mut TenantTx, like: PerformanceId, times: GivenTimes) -> Result<Performance> {
    let found = performances::get(tx, like).await?;
    let show = found.show;
    shows::lock(tx, show).await?;
    if let Some(manifest) = &found.manifest {
        // No version of its layout comes into force without seeing the new date.
        layouts::lock(tx, &[manifest.layout]).await?;
    }
    // Its tickets and prices stay what they are while they are copied.
    performances::lock(tx, &[like], false).await?;
    let show = shows::get(tx, show).await?;
    let like = performances::get(tx, like).await?;
    has_room(tx, show.id).await?;
    let mut fields = FieldErrors::default();
    let times = times.another_date(like.times, &mut fields, "", &like.time_zone, tx.now().await?);
    fields.done()?;
    let times = times.ok_or_else(|| Error::Inconsistent("times without a slip are none".to_owned()))?;
    let price_tiers = price_tiers(offers::of_performance(tx, like.id).await?);
    let new = NewPerformance {
        venue: like.venue,
        times: GivenTimes::default(),
        price_tiers,
        tickets: Vec::new(),
        layout: None,
    };
    let date = Performance { manifest: like.manifest, ..new_of(&show, like.venue, like.time_zone, times) };
    keep_apart(tx, &date, "").await?;
    performances::insert(tx, &date, &new, &show.ticket_types).await?;
    seating::copy_rules(tx, like.id, date.id).await?;
    let copied = tickets::copy(tx, like.id, date.id).await?;
    let mut created = performance_event("performance.created", &date);
    created.data["tickets"] = json!(copied);
    created.data["like"] = json!(like.id);
    event::append(tx, &[created]).await?;
    copy_terms(tx, like.id, date.id).await?;
    Ok(date)
}

/// The price tiers that these offers, which stand tier by tier, are of.
fn price_tiers(offers: Vec<Offer>) -> Vec<NewPriceTier> {
    let mut tiers: Vec<NewPriceTier> = Vec::new();
    for offer in offers {
        let price = NewPrice { ticket_type: offer.ticket_type, price: offer.price, tax_rate: offer.tax_rate };
        match tiers.last_mut().filter(|tier| tier.name == offer.price_tier) {
            Some(tier) => tier.prices.push(price),
            None => tiers.push(NewPriceTier { name: offer.price_tier, prices: vec![price] }),
        }
    }
    tiers
}
