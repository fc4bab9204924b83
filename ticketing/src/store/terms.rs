//! Reads the terms on which performances are sold, in the transaction that sells.

use foundation::{
    Result, TenantTx,
    id::{PerformanceId, PromotionId},
    seal::Mark,
};

use super::{limits, pools, promotions, sale_rounds};
use crate::rules::{
    limit::BuyerMax,
    order::HeldTicket,
    terms::{Asker, Book, Terms},
};

/// Reads the terms of performances whose maximum per buyer has been read; only these `with_terms` have rounds or pools.
///
/// # Errors
/// The database's.
pub async fn read(
    tx: &mut TenantTx,
    all: Vec<BuyerMax>,
    with_terms: &[PerformanceId],
    askers: &[&Asker],
) -> Result<Book> {
    let mut book = Book::default();
    let terms =
        |buyer_max: BuyerMax| (buyer_max.performance, Terms { buyer_max, rounds: Vec::new(), pools: Vec::new() });
    book.terms.extend(all.into_iter().map(terms));
    if !with_terms.is_empty() {
        let rounds = sale_rounds::of_performances(tx, with_terms).await?;
        let marks: Vec<Mark> = askers.iter().flat_map(|asker| asker.guest.marks()).collect();
        book.known = sale_rounds::known_marks(tx, &rounds, &marks).await?;
        for round in rounds {
            if let Some(terms) = book.terms.get_mut(&round.performance) {
                terms.rounds.push(round);
            }
        }
        for pool in pools::of_performances(tx, with_terms).await? {
            if let Some(terms) = book.terms.get_mut(&pool.performance) {
                terms.pools.push(pool);
            }
        }
    }
    let codes: Vec<&str> = askers.iter().filter_map(|asker| asker.promotion.as_deref()).collect();
    let promotions = promotions::for_sale(tx, &codes, &[]).await?;
    book.promotions = promotions.into_iter().map(|promotion| (promotion.code.clone(), promotion)).collect();
    Ok(book)
}

/// The terms of these performances for one who asks.
///
/// # Errors
/// The database's.
pub async fn for_asker(tx: &mut TenantTx, performances: &[PerformanceId], asker: &Asker) -> Result<Book> {
    let all = limits::buyer_max(tx, performances).await?;
    read(tx, all, performances, &[asker]).await
}

/// The terms of tickets that are held already, with their promotions: all that they fall under.
///
/// # Errors
/// The database's.
pub async fn of_tickets(tx: &mut TenantTx, tickets: &[HeldTicket]) -> Result<Book> {
    let performances = performances_of(tickets);
    with_promotions(tx, &performances, tickets).await
}

/// The same without rounds and pools: what these tickets fall under for a buyer.
///
/// # Errors
/// The database's.
pub async fn of_buyers(tx: &mut TenantTx, tickets: &[HeldTicket]) -> Result<Book> {
    with_promotions(tx, &[], tickets).await
}

async fn with_promotions(tx: &mut TenantTx, with_terms: &[PerformanceId], tickets: &[HeldTicket]) -> Result<Book> {
    let all = limits::buyer_max(tx, &performances_of(tickets)).await?;
    let mut book = read(tx, all, with_terms, &[]).await?;
    let ids: Vec<PromotionId> = tickets.iter().filter_map(|ticket| ticket.promotion).collect();
    let promotions = promotions::for_sale(tx, &[], &ids).await?;
    book.promotions = promotions.into_iter().map(|promotion| (promotion.code.clone(), promotion)).collect();
    Ok(book)
}

fn performances_of(tickets: &[HeldTicket]) -> Vec<PerformanceId> {
    let mut performances: Vec<PerformanceId> = tickets.iter().map(|ticket| ticket.performance).collect();
    performances.sort_unstable();
    performances.dedup();
    performances
}
