//! Which money has become due in a cell, over all tenants: ids only, read as the worker role, like [`super::due`].

use foundation::{
    Cell, Currency, Error, Instant, Mode, Result, TenantTx,
    id::{PayoutId, PerformanceId, ResellerId, ShowId},
};

use super::due::PAGE;
use crate::rules::forecast::Told;

/// Performances whose money is to be released, by their tenants' clocks and terms, the platform's own (`$2`) where they have none. No
/// clock is ahead of the furthest, which keeps those that are yet to come out of sight.
///
/// # Errors
/// The database's.
pub async fn releases(cell: &Cell) -> Result<Vec<(ResellerId, PerformanceId)>> {
    Ok(sqlx::query_as(
        "select p.reseller_id, p.performance_id
         from performances p
         left join release_terms t on t.reseller_id = p.reseller_id
         left join test_clocks c on c.reseller_id = p.reseller_id
         where not p.money_released
           and p.ends_at <= (select clock_timestamp() + coalesce(max(ahead), interval '0') from test_clocks)
           and p.ends_at + make_interval(days => coalesce(t.release_after_days, $2))
               <= clock_timestamp() + coalesce(c.ahead, interval '0')
         order by p.ends_at limit $1",
    )
    .bind(PAGE)
    .bind(i32::from(accounting::ReleaseTerms::default().release_after_days()))
    .fetch_all(cell.workers())
    .await?)
}

/// What was kept back of performances' money and is to be free now, by their tenants' clocks.
///
/// # Errors
/// The database's.
pub async fn reserves(cell: &Cell) -> Result<Vec<(ResellerId, PerformanceId, Currency)>> {
    let rows: Vec<(ResellerId, PerformanceId, String)> = sqlx::query_as(
        "select r.reseller_id, r.performance_id, r.currency::text
         from releases r left join test_clocks c on c.reseller_id = r.reseller_id
         where not r.reserve_freed and r.reserve_until <= clock_timestamp() + coalesce(c.ahead, interval '0')
         order by r.reserve_until limit $1",
    )
    .bind(PAGE)
    .fetch_all(cell.workers())
    .await?;
    rows.into_iter().map(|(reseller, performance, code)| Ok((reseller, performance, currency(&code)?))).collect()
}

/// Resellers whose schedule pays out now, by their clocks.
///
/// # Errors
/// The database's.
pub async fn schedules(cell: &Cell) -> Result<Vec<ResellerId>> {
    Ok(sqlx::query_scalar(
        "select s.reseller_id from payout_settings s left join test_clocks c on c.reseller_id = s.reseller_id
         where s.next_at < 'infinity' and s.next_at <= clock_timestamp() + coalesce(c.ahead, interval '0')
         order by s.next_at limit $1",
    )
    .bind(PAGE)
    .fetch_all(cell.workers())
    .await?)
}

/// Resellers who owe in a currency of which something is kept back.
///
/// # Errors
/// The database's.
pub async fn debts(cell: &Cell) -> Result<Vec<(ResellerId, Currency)>> {
    let rows: Vec<(ResellerId, String)> = sqlx::query_as(
        "select b.reseller_id, b.currency::text from account_balances b
         where b.account = 'reseller_available' and b.balance > 0 and exists (
             select from releases r
             where r.reseller_id = b.reseller_id and r.currency = b.currency and not r.reserve_freed)
         order by b.reseller_id, b.currency limit $1",
    )
    .bind(PAGE)
    .fetch_all(cell.workers())
    .await?;
    rows.into_iter().map(|(reseller, code)| Ok((reseller, currency(&code)?))).collect()
}

/// Resellers of whom a month is to be charged now, by their clocks.
///
/// # Errors
/// The database's.
pub async fn hosting(cell: &Cell) -> Result<Vec<ResellerId>> {
    Ok(sqlx::query_scalar(
        "select t.reseller_id from release_terms t left join test_clocks c on c.reseller_id = t.reseller_id
         where t.hosting_due_at <= clock_timestamp() + coalesce(c.ahead, interval '0')
         order by t.hosting_due_at limit $1",
    )
    .bind(PAGE)
    .fetch_all(cell.workers())
    .await?)
}

/// Payouts that have not ended and are to be brought further, by their tenants' clocks.
///
/// # Errors
/// The database's.
pub async fn payouts(cell: &Cell) -> Result<Vec<(ResellerId, Mode, PayoutId)>> {
    Ok(sqlx::query_as(
        "select p.reseller_id, t.mode, p.payout_id
         from payouts p join tenants t using (reseller_id) left join test_clocks c using (reseller_id)
         where p.state in ('created', 'in_transit', 'returning')
           and p.due_at <= clock_timestamp() + coalesce(c.ahead, interval '0')
         order by p.due_at limit $1",
    )
    .bind(PAGE)
    .fetch_all(cell.workers())
    .await?)
}

/// Takes a performance whose time has come as released, so that nobody else does. Gives its currency; none if it was released
/// before, or its time has not come.
///
/// # Errors
/// The database's.
pub async fn take_release(tx: &mut TenantTx, performance: PerformanceId, after_days: u16) -> Result<Option<Currency>> {
    let reseller = tx.reseller();
    let code: Option<String> = sqlx::query_scalar(
        "update performances p set money_released = true
         from shows s
         where p.reseller_id = $1 and p.performance_id = $2 and not p.money_released
           and s.reseller_id = $1 and s.show_id = p.show_id
           and p.ends_at + make_interval(days => $3) <= cell_now()
         returning s.currency::text",
    )
    .bind(reseller)
    .bind(performance)
    .bind(i32::from(after_days))
    .fetch_optional(tx.conn())
    .await?;
    code.map(|code| currency(&code)).transpose()
}

/// What is told of the performances of money that is to come.
///
/// # Errors
/// The database's.
pub async fn told(tx: &mut TenantTx, performances: &[PerformanceId]) -> Result<Vec<Told>> {
    let reseller = tx.reseller();
    let rows: Vec<(PerformanceId, ShowId, String, Instant, Option<Instant>)> = sqlx::query_as(
        "select p.performance_id, p.show_id, s.title, p.ends_at,
                (select max(y.provider_available_at)
                 from performance_money m join payments y on y.reseller_id = $1 and y.order_id = m.order_id
                 where m.reseller_id = $1 and m.performance_id = p.performance_id and not m.released and y.state = 'succeeded')
         from performances p join shows s on s.reseller_id = $1 and s.show_id = p.show_id
         where p.reseller_id = $1 and p.performance_id = any ($2)",
    )
    .bind(reseller)
    .bind(performances)
    .fetch_all(tx.conn())
    .await?;
    let told = |(performance, show, title, ends_at, provider_available_at)| Told {
        performance,
        show,
        title,
        ends_at,
        provider_available_at,
    };
    Ok(rows.into_iter().map(told).collect())
}

fn currency(code: &str) -> Result<Currency> {
    code.parse().map_err(|error| Error::Inconsistent(format!("`{code}` {error}")))
}
