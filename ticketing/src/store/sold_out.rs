//! Whether all that open sale could have of a performance is sold, and where the log was looked through for what could have changed that.

use foundation::{
    Cell, Instant, Result, TenantTx,
    id::{PerformanceId, ResellerId},
};

/// How many tenants are read at a time.
pub const TENANTS: i64 = 500;
/// The most positions of a tenant's log that one look goes through.
const POSITIONS: i64 = 10_000;

/// Tenants after this one, in the order of their ids, whose log has grown since it was looked through, or of whom something is to be tried
/// again.
///
/// # Errors
/// The database's.
pub async fn grown(cell: &Cell, after: Option<ResellerId>) -> Result<Vec<ResellerId>> {
    Ok(sqlx::query_scalar(
        "select c.reseller_id from event_counters c left join stock_watches w using (reseller_id)
         where ($1::uuid is null or c.reseller_id > $1)
           and (c.position > coalesce(w.position, 0) or w.retry_at <= clock_timestamp())
         order by c.reseller_id limit $2",
    )
    .bind(after)
    .bind(TENANTS)
    .fetch_all(cell.workers())
    .await?)
}

/// The performances to which something has happened since the log was looked through, with those that could not be looked at then, and up
/// to where that is so. Positions have no gaps, so what follows the last one seen is everything that came after it.
///
/// # Errors
/// The database's.
pub async fn stirred(tx: &mut TenantTx) -> Result<(Vec<PerformanceId>, i64)> {
    let reseller = tx.reseller();
    let (performances, position): (Option<Vec<PerformanceId>>, Option<i64>) = sqlx::query_as(
        "with seen as materialized (select coalesce((select position from stock_watches where reseller_id = $1), 0) as position)
         select array_agg(distinct e.object_id) filter (where e.object_type = 'performance'), max(p.position)
         from seen join event_positions p on p.reseller_id = $1 and p.position > seen.position and p.position <= seen.position + $2
         -- By `offset` it stays a look at one key, here and below: a plan that was made while a table was small would read all of it.
         cross join lateral (select e.object_id, e.object_type from events e
                             where e.reseller_id = $1 and e.event_id = p.event_id offset 0) e",
    )
    .bind(reseller)
    .bind(POSITIONS)
    .fetch_one(tx.conn())
    .await?;
    let mut performances = performances.unwrap_or_default();
    let failed: Option<Vec<PerformanceId>> =
        sqlx::query_scalar("select failed from stock_watches where reseller_id = $1")
            .bind(reseller)
            .fetch_optional(tx.conn())
            .await?;
    performances.extend(failed.unwrap_or_default());
    performances.sort_unstable();
    performances.dedup();
    Ok((performances, position.unwrap_or(0)))
}

/// Notes that the log was looked through up to there, also for what was bought while somebody looked, and what is to be tried again.
/// Another process may be further; what it could not look at either way is tried once more.
///
/// # Errors
/// The database's.
pub async fn looked(tx: &mut TenantTx, position: i64, failed: &[PerformanceId]) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into stock_watches (reseller_id, position, purchases_position, failed, retry_at)
         values ($1, $2, $2, $3, case when cardinality($3) > 0 then clock_timestamp() + interval '1 minute' end)
         on conflict (reseller_id) do update
             set position = greatest(stock_watches.position, excluded.position),
                 purchases_position = greatest(stock_watches.purchases_position, excluded.purchases_position),
                 failed = excluded.failed, retry_at = excluded.retry_at",
    )
    .bind(reseller)
    .bind(position)
    .bind(failed)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What was told of a performance, and how it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Standing {
    /// Since when it was told to be sold out; none if it was not, or not any more.
    pub told: Option<Instant>,
    /// Whether it takes place, and is not archived.
    pub lives: bool,
    /// Whether there are tickets for open sale, all of them sold. What is kept off sale or set aside for a seller is not looked at;
    /// what is held or being paid is not sold.
    pub all_sold: bool,
}

/// How it stands with a performance; none if it is not there any more. The last ticket in drawing order that is not sold is looked for from the
/// end, where it is found at once as long as there are many.
///
/// # Errors
/// The database's.
pub async fn standing(tx: &mut TenantTx, performance: PerformanceId) -> Result<Option<Standing>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select p.sold_out_at as told, p.state <> 'cancelled' and p.archived_at is null as lives,
                exists (select from tickets t
                        cross join lateral (select c.owner_id from claims c
                            where c.reseller_id = $1 and c.performance_id = $2 and c.ticket_id = t.ticket_id
                              and c.owner_kind = 'order' and c.expires_at = 'infinity' offset 0) c
                        cross join lateral (select from orders o
                            where o.reseller_id = $1 and o.order_id = c.owner_id and o.state = 'paid' offset 0) o
                        where t.reseller_id = $1 and t.performance_id = $2 and t.block_id is null)
                and (select t.ticket_id from tickets t
                     left join lateral (select c.owner_kind, c.owner_id, c.expires_at from claims c
                         where c.reseller_id = $1 and c.performance_id = $2 and c.ticket_id = t.ticket_id offset 0) c on true
                     left join lateral (select o.state from orders o
                         where o.reseller_id = $1 and o.order_id = c.owner_id and c.owner_kind = 'order'
                           and c.expires_at = 'infinity' offset 0) o on true
                     where t.reseller_id = $1 and t.performance_id = $2 and t.block_id is null and o.state is distinct from 'paid'
                       and not coalesce(c.owner_kind = 'block' and c.expires_at > (select cell_now()), false)
                     order by t.ordinal desc limit 1) is null as all_sold
         from performances p where p.reseller_id = $1 and p.performance_id = $2",
    )
    .bind(reseller)
    .bind(performance)
    .fetch_optional(tx.conn())
    .await?)
}

/// Notes what is told of a locked performance.
///
/// # Errors
/// The database's.
pub async fn note(tx: &mut TenantTx, performance: PerformanceId, sold_out: bool) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "update performances set sold_out_at = case when $3 then cell_now() end
         where reseller_id = $1 and performance_id = $2",
    )
    .bind(reseller)
    .bind(performance)
    .bind(sold_out)
    .execute(tx.conn())
    .await?;
    Ok(())
}
