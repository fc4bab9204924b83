//! Creates and changes sale rounds, and lets buyers into those that are not for anyone. Every change waits for the holds that are
//! being made and is seen by all that come after; prices reach holds and never orders.

use foundation::{
    Instant, Money, Refusal, Result, TenantTx, event,
    id::{OfferId, PerformanceId, SaleRoundId},
    seal::Mark,
    version::IfVersion,
};
use serde_json::json;

use super::stale;
use crate::{
    rules::{
        limit::Subject,
        sale_round::{Access, GUESTS_MAX, SaleRound, code_mark, list},
    },
    store::{offers, performances, sale_rounds, slots},
};

/// What to change; what is not said stays.
#[derive(Debug, Clone, Default)]
pub struct SaleRoundChanges {
    /// The name.
    pub name: Option<String>,
    /// When it opens; `Some(None)`: after the round before it.
    pub opens_at: Option<Option<Instant>>,
    /// When it closes; `Some(None)`: with the performance's sale.
    pub closes_at: Option<Option<Instant>>,
    /// How many tickets it sells; `Some(None)`: as many as there are.
    pub capacity: Option<Option<i32>>,
    /// Prices of offers, new or changed; no offer is taken out.
    pub prices: Vec<(OfferId, Money)>,
}

/// Creates a round as the last of its performance.
///
/// # Errors
/// `not_found`, `performance_archived`, `invalid_field`, `currency_mismatch`, `name_taken`.
pub async fn create_sale_round(tx: &mut TenantTx, round: &SaleRound) -> Result<()> {
    performances::lock_to_change(tx, round.performance).await?;
    let rounds = sale_rounds::of_performances(tx, &[round.performance]).await?;
    let after: Vec<SaleRound> = rounds.iter().chain([round]).cloned().collect();
    check(tx, round.performance, &after, &rounds).await?;
    sale_rounds::insert(tx, round).await?;
    Ok(event::append(tx, &[round_event("sale_round.created", round)]).await?)
}

/// Checks the rounds of a performance as they would be.
async fn check(tx: &mut TenantTx, id: PerformanceId, rounds: &[SaleRound], before: &[SaleRound]) -> Result<()> {
    let sale = performances::get(tx, id).await?.times;
    let offers = offers::of_performance(tx, id).await?;
    let now = tx.now().await?;
    Ok(list::check(rounds, before, (&offers, &sale), now)?)
}

/// Changes the round of this version. Where nothing changes, nothing is written.
///
/// # Errors
/// `not_found`, `performance_archived`, `if_match_stale`, `invalid_field` (a capacity below what it has sold and holds), `currency_mismatch`, `name_taken`.
pub async fn update_sale_round(
    tx: &mut TenantTx,
    performance: PerformanceId,
    id: SaleRoundId,
    version: impl Into<IfVersion>,
    changes: SaleRoundChanges,
) -> Result<SaleRound> {
    performances::lock_to_change(tx, performance).await?;
    let before = sale_rounds::of_performances(tx, &[performance]).await?;
    let mut rounds = before.clone();
    let round = rounds.iter_mut().find(|round| round.id == id).ok_or_else(|| Refusal::missing("sale round"))?;
    if !version.into().admits(round.version) {
        return Err(stale().into());
    }
    let was = round.clone();
    round.name = changes.name.unwrap_or_else(|| was.name.clone());
    round.opens_at = changes.opens_at.unwrap_or(was.opens_at);
    round.closes_at = changes.closes_at.unwrap_or(was.closes_at);
    round.capacity = changes.capacity.unwrap_or(was.capacity);
    for (offer, price) in changes.prices {
        match round.prices.iter_mut().find(|(other, _)| *other == offer) {
            Some((_, known)) => *known = price,
            None => round.prices.push((offer, price)),
        }
    }
    // A round that was without a capacity has counted nothing: it cannot tell what it has sold.
    if was.capacity.is_none() && round.capacity.is_some() {
        return Err(Refusal::field("/capacity", "cannot be set on a round that was made without").into());
    }
    let mut round = round.clone();
    check(tx, performance, &rounds, &before).await?;
    if let Some(max) = round.capacity.filter(|_| round.capacity != was.capacity) {
        fit(tx, id.uuid(), max).await?;
    }
    if round == was {
        return Ok(round);
    }
    round.version = sale_rounds::update(tx, &round).await?;
    event::append(tx, &[round_event("sale_round.updated", &round)]).await?;
    Ok(round)
}

/// How many holds and orders are named that keep a capacity from being lowered.
const NAMED: i64 = 100;

/// Makes a limit of everybody's fit a new capacity, or says who has more than that.
pub(super) async fn fit(tx: &mut TenantTx, limit: uuid::Uuid, max: i32) -> Result<()> {
    let now = tx.now().await?;
    match slots::fit(tx, limit, max, now).await? {
        None => Ok(()),
        Some(taken) => {
            let detail = format!("must be at least {taken}: so many tickets are sold or held");
            let (holds, orders) = slots::owners(tx, limit, now, NAMED).await?;
            let who = json!({ "taken": taken, "holds_first": holds, "orders_first": orders });
            Err(Refusal::field("/capacity", detail).with_alternatives(who).into())
        }
    }
}

/// Whom to let in.
#[derive(Debug, Clone)]
pub enum Guests {
    /// Who has one of these codes.
    Codes(Vec<String>),
    /// The buyers with these references or e-mail addresses.
    Buyers(Vec<String>),
}

/// Lets buyers into a round. Nothing of them is stored but marks. Gives how many were new.
///
/// # Errors
/// `not_found`, `invalid_field`.
pub async fn admit_guests(
    tx: &mut TenantTx,
    performance: PerformanceId,
    id: SaleRoundId,
    guests: &Guests,
) -> Result<u64> {
    let round = sale_rounds::get(tx, performance, id).await?;
    let (at, texts, access) = match guests {
        Guests::Codes(codes) => ("/codes", codes, Access::Codes),
        Guests::Buyers(buyers) => ("/buyers", buyers, Access::List),
    };
    if round.access != access {
        let detail = format!("are of no use: the round's access is `{}`", round.access.as_str());
        return Err(Refusal::field(at, detail).into());
    }
    if texts.is_empty() || texts.len() > GUESTS_MAX {
        return Err(Refusal::field(at, format!("must be 1 to {GUESTS_MAX}")).into());
    }
    for (i, text) in texts.iter().enumerate() {
        let fits = (4..=200).contains(&text.trim().len()) && !text.chars().any(char::is_control);
        if !fits {
            return Err(Refusal::field(format!("{at}/{i}"), "must be 4 to 200 bytes of text").into());
        }
    }
    let (sealer, reseller) = (tx.sealer().clone(), tx.reseller());
    let marks = texts.iter().filter_map(|text| match access {
        Access::Codes => Some(code_mark(&sealer, reseller, text)),
        _ if text.contains('@') => Subject::email(&sealer, reseller, text).mark(),
        _ => Subject::reference(&sealer, reseller, text).mark(),
    });
    sale_rounds::admit(tx, &round, &marks.collect::<Vec<Mark>>()).await
}

pub(super) fn round_event(kind: &'static str, round: &SaleRound) -> event::NewEvent {
    let price = |(offer, price): &(OfferId, Money)| json!({ "offer_id": offer, "price": price });
    let data = json!({
        "id": round.id, "performance_id": round.performance, "name": round.name, "opens_at": round.opens_at,
        "closes_at": round.closes_at, "capacity": round.capacity, "access": round.access,
        "prices": round.prices.iter().map(price).collect::<Vec<_>>(),
    });
    event::NewEvent::of(kind, "sale_round", round.id, round.version, data)
}
