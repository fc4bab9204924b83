//! What buyers are told of their performances, in letters and on the provider's page.

use std::collections::HashMap;

use foundation::{
    Instant, Result, TenantTx,
    id::{PerformanceId, PromotionId},
};

use crate::rules::{letter::PerformanceTold, order::Order};

#[derive(sqlx::FromRow)]
struct Row {
    performance_id: PerformanceId,
    title: String,
    venue: String,
    city: String,
    doors_at: Instant,
    starts_at: Instant,
    time_zone: String,
}

/// The performances of orders as they are now, earliest first, without their tickets.
///
/// # Errors
/// The database's.
pub async fn of_orders(tx: &mut TenantTx, orders: &[&Order]) -> Result<Vec<PerformanceTold>> {
    let mut ids: Vec<PerformanceId> =
        orders.iter().flat_map(|order| &order.items).map(|item| item.held.performance).collect();
    ids.sort_unstable();
    ids.dedup();
    of_performances(tx, &ids).await
}

/// These performances as they are now, earliest first, without tickets.
///
/// # Errors
/// The database's.
pub async fn of_performances(tx: &mut TenantTx, ids: &[PerformanceId]) -> Result<Vec<PerformanceTold>> {
    let reseller = tx.reseller();
    let rows: Vec<Row> = sqlx::query_as(
        "select p.performance_id, s.title, v.name as venue, v.city, p.doors_at, p.starts_at, p.time_zone
         from performances p
         join shows s on s.reseller_id = $1 and s.show_id = p.show_id
         join venues v on v.reseller_id = $1 and v.venue_id = p.venue_id
         where p.reseller_id = $1 and p.performance_id = any($2) order by p.starts_at, p.performance_id",
    )
    .bind(reseller)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?;
    let told = |row: Row| PerformanceTold {
        id: row.performance_id,
        title: row.title,
        venue: row.venue,
        city: row.city,
        doors_at: row.doors_at,
        starts_at: row.starts_at,
        time_zone: row.time_zone,
        tickets: Vec::new(),
    };
    Ok(rows.into_iter().map(told).collect())
}

/// What the promotions are called that have taken something off the tickets of orders.
///
/// # Errors
/// The database's.
pub async fn promotions_of(tx: &mut TenantTx, orders: &[&Order]) -> Result<HashMap<PromotionId, String>> {
    let items = orders.iter().flat_map(|order| &order.items);
    let ids: Vec<PromotionId> = items.filter_map(|item| item.held.promotion).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let reseller = tx.reseller();
    let rows: Vec<(PromotionId, String)> =
        sqlx::query_as("select promotion_id, name from promotions where reseller_id = $1 and promotion_id = any($2)")
            .bind(reseller)
            .bind(ids)
            .fetch_all(tx.conn())
            .await?;
    Ok(rows.into_iter().collect())
}
