//! The tables `performance_money` and `releases`: which pending money is of which performance, and what was released of it. They are
//! read and written only while the balance of what is pending is locked, by a posting or by [`super::balances::lock`].

use foundation::{
    Currency, Instant, Result, TenantTx,
    id::{OrderId, PerformanceId},
};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::rules::shares::Share;

/// Stands for no performance yet.
pub(crate) const NO_PERFORMANCE: Uuid = Uuid::nil();

/// What the tickets of each performance of an order have cost.
pub(crate) async fn sold(tx: &mut TenantTx, order: OrderId) -> Result<Vec<(PerformanceId, Decimal)>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select performance_id, sold from performance_money where reseller_id = $1 and order_id = $2 and performance_id <> $3
         order by performance_id",
    )
    .bind(reseller)
    .bind(order)
    .bind(NO_PERFORMANCE)
    .fetch_all(tx.conn())
    .await?)
}

/// Adds what a journal did. Gives what of it is of performances whose money was released before, which is no longer pending.
pub(crate) async fn add(tx: &mut TenantTx, order: OrderId, currency: Currency, shares: &[Share]) -> Result<Decimal> {
    let reseller = tx.reseller();
    let released: Vec<(PerformanceId, Decimal)> = sqlx::query_as(
        "with early as (
             delete from performance_money
             where reseller_id = $1 and order_id = $2 and performance_id = $7 and $4[1] <> $7 returning pending),
         added as (
             insert into performance_money as m (reseller_id, order_id, performance_id, currency, sold, pending, released)
             select $1, $2, s.performance_id, $3, s.sold,
                    case when r.performance_id is null
                         then s.pending + case s.nth when 1 then coalesce((select pending from early), 0) else 0 end
                         else 0 end,
                    r.performance_id is not null
             from unnest($4, $5, $6) with ordinality as s (performance_id, sold, pending, nth)
             left join releases r on r.reseller_id = $1 and r.performance_id = s.performance_id and r.currency = $3
             order by s.performance_id
             on conflict (reseller_id, order_id, performance_id) do update
             set sold = m.sold + excluded.sold, pending = case when m.released then 0 else m.pending + excluded.pending end
             returning m.performance_id, m.released)
         select performance_id, coalesce((select pending from early), 0) from added where released",
    )
    .bind(reseller)
    .bind(order)
    .bind(currency.code())
    .bind(shares.iter().map(|share| share.performance).collect::<Vec<_>>())
    .bind(shares.iter().map(|share| share.sold).collect::<Vec<_>>())
    .bind(shares.iter().map(|share| share.pending).collect::<Vec<_>>())
    .bind(NO_PERFORMANCE)
    .fetch_all(tx.conn())
    .await?;
    let is_released = |share: &Share| released.iter().any(|(performance, _)| *performance == share.performance);
    let mut gone: Decimal = shares.iter().filter(|share| is_released(share)).map(|share| share.pending).sum();
    // What came before its sale goes with the first of the performances.
    if shares.first().is_some_and(is_released) {
        gone += released.first().map_or(Decimal::ZERO, |(_, early)| *early);
    }
    Ok(gone)
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
         returning reserved",
    )
    .bind(reseller)
    .bind(performance)
    .bind(currency.code())
    .fetch_optional(tx.conn())
    .await?)
}
