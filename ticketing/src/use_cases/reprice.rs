//! Changes prices of a performance, several at once, and tells first whom they reach, if asked. They reach holds, told before
//! ordering; never orders.

use foundation::{
    Code, Money, Refusal, Result, TenantTx, event,
    id::{OfferId, PerformanceId},
    refusal::FieldErrors,
};
use rust_decimal::Decimal;
use serde_json::json;

use super::stale;
use crate::{
    rules::offer::Offer,
    store::{
        offers, performances,
        reschedulings::{Concerned, concerned},
        sale_rounds, stock,
    },
};

/// The prices as they are or would be, and who has to do with the performance.
#[derive(Debug)]
pub struct Repriced {
    /// The offers whose price changes, with the new one.
    pub offers: Vec<Offer>,
    /// What they cost before, in the same order.
    pub before: Vec<Money>,
    /// Holds get the new price; orders, paid or not, keep theirs.
    pub concerned: Concerned,
}

/// Sets these prices, all or none; with `dry_run` it only says whom they reach.
///
/// # Errors
/// `not_found`, `performance_archived`, `invalid_field` (where it sells in sale rounds, too), `currency_mismatch`.
pub async fn reprice(
    tx: &mut TenantTx,
    performance: PerformanceId,
    prices: &[(OfferId, Money)],
    dry_run: bool,
) -> Result<Repriced> {
    performances::not_archived(performances::get(tx, performance).await?.archived_at)?;
    let mut sorted: Vec<OfferId> = prices.iter().map(|(offer, _)| *offer).collect();
    sorted.sort_unstable();
    for offer in &sorted {
        offers::lock(tx, performance, *offer).await?;
    }
    if !sale_rounds::of_performances(tx, &[performance]).await?.is_empty() {
        let detail = "are those of its sale rounds: change them there, the offers' own are not asked for";
        return Err(Refusal::field("/prices", detail).into());
    }
    let known = offers::of_performance(tx, performance).await?;
    let offers = check(&known, prices)?;
    let before = offers.iter().map(|(offer, _)| offer.price).collect();
    let now = tx.now().await?;
    let counted = concerned(tx, &[performance], now).await?;
    let concerned = counted.into_iter().next().ok_or_else(|| Refusal::missing("performance"))?;
    let mut changed = Vec::with_capacity(offers.len());
    let mut events = Vec::with_capacity(offers.len() + 1);
    for (offer, price) in offers {
        // What costs as much already stays as it is.
        let writes = !dry_run && price != offer.price;
        if writes {
            if !offers::update(tx, performance, offer.id, offer.version, (price, offer.tax_rate)).await? {
                return Err(stale().into());
            }
            let data = json!({
                "id": offer.id, "performance_id": performance, "price": price, "tax_rate": offer.tax_rate,
            });
            events.push(event::NewEvent::of("offer.price_changed", "offer", offer.id, offer.version + 1, data));
        }
        changed.push(Offer { price, version: offer.version + i64::from(writes), ..offer });
    }
    if !events.is_empty() {
        events.push(stock::reload(performance));
    }
    event::append(tx, &events).await?;
    Ok(Repriced { offers: changed, before, concerned })
}

/// The offers that are named, with their new prices.
fn check(known: &[Offer], prices: &[(OfferId, Money)]) -> Result<Vec<(Offer, Money)>> {
    let mut fields = FieldErrors::default();
    fields.check(!prices.is_empty(), "/prices", "must have at least one price");
    let mut found: Vec<(Offer, Money)> = Vec::with_capacity(prices.len());
    for (i, (id, price)) in prices.iter().enumerate() {
        let at = format!("/prices/{i}");
        let Some(offer) = known.iter().find(|offer| offer.id == *id) else {
            fields.note(Code::NotFound, format!("{at}/offer_id"), "is not an offer of this performance");
            continue;
        };
        fields.check(!found.iter().any(|(other, _)| other.id == *id), format!("{at}/offer_id"), "is named twice");
        fields.check(price.amount() >= Decimal::ZERO, format!("{at}/price"), "must not be negative");
        if price.currency() != offer.price.currency() {
            let detail = format!("must be {}, the show's currency", offer.price.currency());
            fields.note(Code::CurrencyMismatch, format!("{at}/price/currency"), detail);
        }
        found.push((offer.clone(), *price));
    }
    fields.done()?;
    Ok(found)
}
