//! The SQL of whom a change of the terms reaches: who holds or has ordered tickets that were sold on them.

use foundation::{
    Instant, Result, TenantTx,
    id::{HoldId, OfferId, PerformanceId, SaleRoundId},
};
use serde_json::json;
use sqlx::types::Json;

/// On what tickets of a performance were sold.
#[derive(Debug, Clone)]
pub enum SoldOn {
    /// In this sale round.
    Round(SaleRoundId),
    /// Through one of these offers.
    Offers(Vec<OfferId>),
}

/// The live holds that have such tickets, in the order of their ids.
///
/// # Errors
/// The database's.
pub async fn holds(tx: &mut TenantTx, of: PerformanceId, on: &SoldOn, now: Instant) -> Result<Vec<HoldId>> {
    let items: Vec<Json<serde_json::Value>> = match on {
        SoldOn::Round(round) => vec![Json(json!([{ "r": round }]))],
        SoldOn::Offers(offers) => offers.iter().map(|offer| Json(json!([{ "o": offer }]))).collect(),
    };
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "select h.hold_id from (
             select distinct owner_id from claims
             where reseller_id = $1 and performance_id = $2 and owner_kind = 'hold' and expires_at > $3) owners
         join holds h on h.reseller_id = $1 and h.hold_id = owners.owner_id
         where h.state = 'active' and h.items @> any($4::jsonb[]) order by h.hold_id",
    )
    .bind(reseller)
    .bind(of)
    .bind(now)
    .bind(items)
    .fetch_all(tx.conn())
    .await?)
}

/// How many unpaid and how many paid orders have such tickets that are not void.
///
/// # Errors
/// The database's.
pub async fn orders(tx: &mut TenantTx, of: PerformanceId, on: &SoldOn) -> Result<(i64, i64)> {
    let (round, offers) = match on {
        SoldOn::Round(round) => (Some(*round), Vec::new()),
        SoldOn::Offers(offers) => (None, offers.clone()),
    };
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select count(distinct o.order_id) filter (where o.state in ('awaiting_payment', 'processing')),
                count(distinct o.order_id) filter (where o.state = 'paid')
         from order_items i join orders o on o.reseller_id = $1 and o.order_id = i.order_id
         where i.reseller_id = $1 and i.performance_id = $2 and i.credential <> 'voided'
           and (i.sale_round_id = $3 or i.offer_id = any($4))",
    )
    .bind(reseller)
    .bind(of)
    .bind(round)
    .bind(offers)
    .fetch_one(tx.conn())
    .await?)
}
