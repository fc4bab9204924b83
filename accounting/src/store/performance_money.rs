//! The tables `performance_money` and `releases`: which pending money is of which performance, and what was released of it. They are
//! read and written only while the balance of what is pending is locked, by a posting or by [`super::balances::lock`].

use std::collections::HashMap;

use foundation::{
    Currency, Instant, Result, TenantTx,
    id::{OrderId, PerformanceId},
};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::journals::read_currency;
use crate::rules::shares::Share;

/// Stands for no performance yet.
pub(crate) const NO_PERFORMANCE: Uuid = Uuid::nil();

/// What a journal did to the performances of an order.
#[derive(Debug)]
pub(crate) struct OfOrder {
    /// The order.
    pub(crate) order: OrderId,
    /// The journal's currency.
    pub(crate) currency: Currency,
    /// By performance; never none.
    pub(crate) shares: Vec<Share>,
}

/// What the tickets of each performance of these orders have cost.
pub(crate) async fn sold(
    tx: &mut TenantTx,
    orders: &[OrderId],
) -> Result<HashMap<OrderId, Vec<(PerformanceId, Decimal)>>> {
    let mut known: HashMap<OrderId, Vec<(PerformanceId, Decimal)>> = HashMap::new();
    if orders.is_empty() {
        return Ok(known);
    }
    let reseller = tx.reseller();
    let rows: Vec<(OrderId, PerformanceId, Decimal)> = sqlx::query_as(
        "select order_id, performance_id, sold from performance_money
         where reseller_id = $1 and order_id = any ($2) and performance_id <> $3
         order by order_id, performance_id",
    )
    .bind(reseller)
    .bind(orders)
    .bind(NO_PERFORMANCE)
    .fetch_all(tx.conn())
    .await?;
    for (order, performance, sold) in rows {
        known.entry(order).or_default().push((performance, sold));
    }
    Ok(known)
}

/// Adds what journals did, each to another order. Gives of each what is of performances whose money was released before, which is no
/// longer pending.
pub(crate) async fn add(tx: &mut TenantTx, done: &[OfOrder]) -> Result<Vec<Decimal>> {
    let reseller = tx.reseller();
    let each = || done.iter().flat_map(|of| of.shares.iter().enumerate().map(move |(nth, share)| (of, nth, share)));
    let released: Vec<(OrderId, PerformanceId, Decimal)> = sqlx::query_as(
        "with shares as (
             select * from unnest($2::uuid[], $3::text[], $4::uuid[], $5::numeric[], $6::numeric[], $7::bool[])
                 as s (order_id, currency, performance_id, sold, pending, first)),
         early as (
             delete from performance_money m using shares s
             where m.reseller_id = $1 and m.order_id = s.order_id and m.performance_id = $8
               and s.first and s.performance_id <> $8
             returning m.order_id, m.pending),
         added as (
             insert into performance_money as m (reseller_id, order_id, performance_id, currency, sold, pending, released)
             select $1, s.order_id, s.performance_id, s.currency, s.sold,
                    case when r.performance_id is null
                         then s.pending + case when s.first then coalesce(e.pending, 0) else 0 end
                         else 0 end,
                    r.performance_id is not null
             from shares s
             left join early e on e.order_id = s.order_id
             left join releases r
               on r.reseller_id = $1 and r.performance_id = s.performance_id and r.currency = s.currency::char(3)
             order by s.order_id, s.performance_id
             on conflict (reseller_id, order_id, performance_id) do update
             set sold = m.sold + excluded.sold, pending = case when m.released then 0 else m.pending + excluded.pending end
             returning m.order_id, m.performance_id, m.released)
         select a.order_id, a.performance_id, coalesce(e.pending, 0)
         from added a left join early e on e.order_id = a.order_id
         where a.released",
    )
    .bind(reseller)
    .bind(each().map(|(of, ..)| of.order).collect::<Vec<_>>())
    .bind(each().map(|(of, ..)| of.currency.code()).collect::<Vec<_>>())
    .bind(each().map(|(.., share)| share.performance).collect::<Vec<_>>())
    .bind(each().map(|(.., share)| share.sold).collect::<Vec<_>>())
    .bind(each().map(|(.., share)| share.pending).collect::<Vec<_>>())
    .bind(each().map(|(_, nth, _)| nth == 0).collect::<Vec<_>>())
    .bind(NO_PERFORMANCE)
    .fetch_all(tx.conn())
    .await?;
    let early: HashMap<(OrderId, PerformanceId), Decimal> =
        released.into_iter().map(|(order, performance, early)| ((order, performance), early)).collect();
    let gone = |of: &OfOrder| {
        let of_share = |(nth, share): (usize, &Share)| {
            // What came before its sale goes with the first of the performances.
            let early = early.get(&(of.order, share.performance))?;
            Some(share.pending + if nth == 0 { *early } else { Decimal::ZERO })
        };
        of.shares.iter().enumerate().filter_map(of_share).sum()
    };
    Ok(done.iter().map(gone).collect())
}

/// Takes all pending money of a performance: nothing of it is pending any more. Gives how much that was.
pub(crate) async fn take(tx: &mut TenantTx, performance: PerformanceId, currency: Currency) -> Result<Decimal> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "with held as (
             select order_id, pending from performance_money
             where reseller_id = $1 and performance_id = $2 and currency = $3 and not released),
         taken as (
             update performance_money m set released = true, pending = 0 from held
             where m.reseller_id = $1 and m.order_id = held.order_id and m.performance_id = $2)
         select coalesce(sum(pending), 0) from held",
    )
    .bind(reseller)
    .bind(performance)
    .bind(currency.code())
    .fetch_one(tx.conn())
    .await?)
}

/// Notes a release. Says whether it is the first of this performance in this currency.
pub(crate) async fn note_release(
    tx: &mut TenantTx,
    (performance, currency): (PerformanceId, Currency),
    (amount, reserved): (Decimal, Decimal),
    (released_at, reserve_until): (Instant, Instant),
) -> Result<bool> {
    let reseller = tx.reseller();
    let noted = sqlx::query(
        "insert into releases (reseller_id, performance_id, currency, amount, reserved, reserve_until, reserve_freed, released_at)
         values ($1, $2, $3, $4, $5, $6, $5 = 0, $7) on conflict do nothing",
    )
    .bind(reseller)
    .bind(performance)
    .bind(currency.code())
    .bind(amount)
    .bind(reserved)
    .bind(reserve_until)
    .bind(released_at)
    .execute(tx.conn())
    .await?;
    Ok(noted.rows_affected() == 1)
}

/// Whether the money of a performance was released.
pub(crate) async fn is_released(tx: &mut TenantTx, performance: PerformanceId, currency: Currency) -> Result<bool> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "select exists (select from releases where reseller_id = $1 and performance_id = $2 and currency = $3)",
    )
    .bind(reseller)
    .bind(performance)
    .bind(currency.code())
    .fetch_one(tx.conn())
    .await?)
}

/// Frees what was kept back of a performance's money, if its time has come. Gives how much; none if it was free before.
pub(crate) async fn free_reserve(
    tx: &mut TenantTx,
    performance: PerformanceId,
    currency: Currency,
) -> Result<Option<Decimal>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "update releases set reserve_freed = true
         where reseller_id = $1 and performance_id = $2 and currency = $3 and not reserve_freed and reserve_until <= cell_now()
         returning reserved - used",
    )
    .bind(reseller)
    .bind(performance)
    .bind(currency.code())
    .fetch_optional(tx.conn())
    .await?)
}

/// What of pending money is of which performance, in the order of their ids; none for what is of no performance yet.
pub(crate) async fn pending(tx: &mut TenantTx) -> Result<Vec<(Option<PerformanceId>, Currency, Decimal)>> {
    let reseller = tx.reseller();
    let rows: Vec<(Uuid, String, Decimal)> = sqlx::query_as(
        "select performance_id, currency::text, sum(pending) from performance_money
         where reseller_id = $1 and not released
         group by performance_id, currency having sum(pending) <> 0
         order by performance_id, currency",
    )
    .bind(reseller)
    .fetch_all(tx.conn())
    .await?;
    let read = |(performance, code, amount): (Uuid, String, Decimal)| {
        let performance = Some(performance).filter(|id| *id != NO_PERFORMANCE).map(PerformanceId::from_uuid);
        Ok((performance, read_currency(&code)?, amount))
    };
    rows.into_iter().map(read).collect()
}

/// What is kept back of performances' money, and until when.
pub(crate) async fn reserves(tx: &mut TenantTx) -> Result<Vec<(PerformanceId, Currency, Decimal, Instant)>> {
    let reseller = tx.reseller();
    let rows: Vec<(PerformanceId, String, Decimal, Instant)> = sqlx::query_as(
        "select performance_id, currency::text, reserved - used, reserve_until from releases
         where reseller_id = $1 and not reserve_freed
         order by performance_id, currency",
    )
    .bind(reseller)
    .fetch_all(tx.conn())
    .await?;
    let read = |(performance, code, amount, until): (PerformanceId, String, Decimal, Instant)| {
        Ok((performance, read_currency(&code)?, amount, until))
    };
    rows.into_iter().map(read).collect()
}

/// Takes up to this much of what is kept back in a currency, of what would be free first. Gives from which performances how much, and
/// which piece of it that is.
pub(crate) async fn use_reserve(
    tx: &mut TenantTx,
    currency: Currency,
    wanted: Decimal,
) -> Result<Vec<(PerformanceId, Decimal, i16)>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "with kept as (
             select performance_id, reserved - used as there,
                    sum(reserved - used) over (order by reserve_until, performance_id) - (reserved - used) as before
             from releases where reseller_id = $1 and currency = $2 and not reserve_freed),
         taken as (select performance_id, least(there, $3 - before) as amount from kept where before < $3)
         update releases r
         set used = r.used + t.amount, uses = r.uses + 1, reserve_freed = r.used + t.amount = r.reserved
         from taken t
         where r.reseller_id = $1 and r.performance_id = t.performance_id and r.currency = $2
         returning r.performance_id, t.amount, r.uses",
    )
    .bind(reseller)
    .bind(currency.code())
    .bind(wanted)
    .fetch_all(tx.conn())
    .await?)
}
