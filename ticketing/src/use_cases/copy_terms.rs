//! Sells an extra date on the terms of the date that it is like: its maximum per buyer, its pools, and its sale rounds that are
//! not over, with the buyers and codes that they are for. What was sold and used there does not count here.

use foundation::{
    Result, TenantTx, event,
    id::{OfferId, PerformanceId, PoolId, SaleRoundId},
};

use super::{set_pool::pool_event, set_sale_round::round_event};
use crate::{
    rules::{
        offer::Offer,
        sale_round::{Pool, SaleRound, list},
    },
    store::{limits, offers, pools, sale_rounds},
};

/// Copies them to a date that was just made with the same offers.
///
/// # Errors
/// The database's.
pub(super) async fn copy_terms(tx: &mut TenantTx, like: PerformanceId, date: PerformanceId) -> Result<()> {
    limits::copy(tx, like, date).await?;
    let pools = pools::of_performances(tx, &[like]).await?;
    let rounds = sale_rounds::of_performances(tx, &[like]).await?;
    if pools.is_empty() && rounds.is_empty() {
        return Ok(());
    }
    let (there, here) = (offers::of_performance(tx, like).await?, offers::of_performance(tx, date).await?);
    let same = |id: OfferId| Some(twin(there.iter().find(|offer| offer.id == id)?, &here)?.id);
    let mut events = Vec::with_capacity(pools.len() + rounds.len());
    for pool in pools {
        let offers = pool.offers.iter().filter_map(|id| same(*id)).collect();
        let pool = Pool { id: PoolId::new(), performance: date, offers, version: 1, ..pool };
        pools::insert(tx, &pool).await?;
        events.push(pool_event("pool.created", &pool));
    }
    let now = tx.now().await?;
    for (original, opens) in list::openings(&rounds).filter(|(round, _)| !round.closed(now)) {
        let prices = original.prices.iter().filter_map(|(id, price)| Some((same(*id)?, *price))).collect();
        // What the end of one that is not copied has opened follows nothing here.
        let opens_at = original.opens_at.or(opens.filter(|opens| *opens <= now));
        let id = SaleRoundId::new();
        let round = SaleRound { id, performance: date, opens_at, prices, version: 1, ..original.clone() };
        sale_rounds::insert(tx, &round).await?;
        sale_rounds::copy_guests(tx, (like, original.id), &round).await?;
        events.push(round_event("sale_round.created", &round));
    }
    Ok(event::append(tx, &events).await?)
}

/// The offer of the same ticket type and price tier.
fn twin<'a>(offer: &Offer, among: &'a [Offer]) -> Option<&'a Offer> {
    among.iter().find(|other| other.ticket_type == offer.ticket_type && other.price_tier == offer.price_tier)
}
