//! How many look at performances and their tickets, as processes told it, and up to where it was told what was bought meanwhile.

use std::collections::HashMap;

use foundation::{
    Result, TenantTx,
    id::{OrderId, PerformanceId, TicketId},
};
use sqlx::types::Json;
use uuid::Uuid;

/// The most rows of one insert.
const CHUNK: usize = 10_000;
/// The most purchases that one reading goes through.
const PURCHASES: i64 = 200;

/// Forgets what a process told of these performances.
///
/// # Errors
/// The database's.
pub async fn clear(tx: &mut TenantTx, process: i64, performances: &[PerformanceId]) -> Result<()> {
    if performances.is_empty() {
        return Ok(());
    }
    let reseller = tx.reseller();
    sqlx::query("delete from lookers where reseller_id = $1 and performance_id = any($2) and process = $3")
        .bind(reseller)
        .bind(performances)
        .bind(process)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Notes how many look in a process at the performance itself or a ticket of it, and at what nobody does any more.
///
/// # Errors
/// The database's.
pub async fn write(
    tx: &mut TenantTx,
    (performance, process): (PerformanceId, i64),
    looking: &[(Uuid, i32)],
    gone: &[Uuid],
) -> Result<()> {
    let reseller = tx.reseller();
    for some in looking.chunks(CHUNK) {
        let (at, many): (Vec<Uuid>, Vec<i32>) = some.iter().copied().unzip();
        sqlx::query(
            "insert into lookers (reseller_id, performance_id, looked_at, process, looking, told_at)
             select $1, $2, l.looked_at, $3, l.looking, clock_timestamp() from unnest($4::uuid[], $5::int[]) as l (looked_at, looking)
             on conflict (reseller_id, performance_id, looked_at, process)
                 do update set looking = excluded.looking, told_at = excluded.told_at",
        )
        .bind(reseller)
        .bind(performance)
        .bind(process)
        .bind(at)
        .bind(many)
        .execute(tx.conn())
        .await?;
    }
    for some in gone.chunks(CHUNK) {
        sqlx::query(
            "delete from lookers where reseller_id = $1 and performance_id = $2 and process = $3 and looked_at = any($4)",
        )
        .bind(reseller)
        .bind(performance)
        .bind(process)
        .bind(some)
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// Notes that in a process as many still look at these performances. Gives those of which there was anything to note it of.
///
/// # Errors
/// The database's.
pub async fn touch(tx: &mut TenantTx, process: i64, performances: &[PerformanceId]) -> Result<Vec<PerformanceId>> {
    if performances.is_empty() {
        return Ok(Vec::new());
    }
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "update lookers set told_at = clock_timestamp()
         where reseller_id = $1 and performance_id = any($2) and looked_at = any($2) and looked_at = performance_id and process = $3
         returning performance_id",
    )
    .bind(reseller)
    .bind(performances)
    .bind(process)
    .fetch_all(tx.conn())
    .await?)
}

/// Whether anyone looks at anything of the tenant.
///
/// # Errors
/// The database's.
pub async fn any(tx: &mut TenantTx) -> Result<bool> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "select exists (select from lookers where reseller_id = $1 and looked_at = performance_id
                        and told_at > clock_timestamp() - interval '10 seconds')",
    )
    .bind(reseller)
    .fetch_one(tx.conn())
    .await?)
}

/// How many look at these of the performances and tickets, over all processes that are still there; nobody is left out.
///
/// # Errors
/// The database's.
pub async fn looking(
    tx: &mut TenantTx,
    performances: &[PerformanceId],
    tickets: &[TicketId],
) -> Result<HashMap<Uuid, i64>> {
    let reseller = tx.reseller();
    let at: Vec<Uuid> = performances.iter().map(|id| id.uuid()).chain(tickets.iter().map(|id| id.uuid())).collect();
    let rows: Vec<(Uuid, i64)> = sqlx::query_as(
        "select l.looked_at, sum(l.looking)
         from lookers p join lookers l on l.reseller_id = p.reseller_id and l.performance_id = p.performance_id and l.process = p.process
         where p.reseller_id = $1 and p.performance_id = any($2) and p.looked_at = any($2) and p.looked_at = p.performance_id
           and p.told_at > clock_timestamp() - interval '10 seconds' and l.looked_at = any($3)
         group by l.looked_at",
    )
    .bind(reseller)
    .bind(performances)
    .bind(at)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().collect())
}

/// Up to where it was told what was bought; locked, so that one tells at a time.
///
/// # Errors
/// The database's.
pub async fn purchases_told(tx: &mut TenantTx) -> Result<i64> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "insert into stock_watches (reseller_id, position, purchases_position) values ($1, 0, 0)
         on conflict (reseller_id) do update set position = stock_watches.position
         returning coalesce(purchases_position, 0)",
    )
    .bind(reseller)
    .fetch_one(tx.conn())
    .await?)
}

/// Notes that what was bought is told up to there.
///
/// # Errors
/// The database's.
pub async fn told_purchases(tx: &mut TenantTx, position: i64) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query("update stock_watches set purchases_position = $2 where reseller_id = $1")
        .bind(reseller)
        .bind(position)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// A paid order as its event has it.
#[derive(Debug, serde::Deserialize)]
pub struct Purchase {
    /// The order.
    pub id: OrderId,
    /// What was bought.
    pub items: Vec<Bought>,
}

/// A ticket of a paid order.
#[derive(Debug, Clone, Copy, serde::Deserialize)]
pub struct Bought {
    /// Of which performance.
    pub performance_id: PerformanceId,
    /// Which.
    pub ticket_id: TicketId,
}

/// The purchases after one position and up to another, as many as one reading takes, and up to where these are all.
/// What was bought longer ago than a minute is left out: who was looking then nobody knows any more.
///
/// # Errors
/// The database's.
pub async fn purchases(tx: &mut TenantTx, from: i64, to: i64) -> Result<(Vec<Purchase>, i64)> {
    let reseller = tx.reseller();
    let rows: Vec<(i64, bool, Json<Purchase>)> = sqlx::query_as(
        "select p.position, e.occurred_at > cell_now() - interval '1 minute', e.data
         from event_positions p
         -- By `offset` it stays a look at one key: a plan that was made while the log was short would read all of it for each.
         cross join lateral (select e.type, e.occurred_at, e.data from events e
                             where e.reseller_id = $1 and e.event_id = p.event_id offset 0) e
         where p.reseller_id = $1 and p.position > $2 and p.position <= $3 and e.type = 'order.paid'
         order by p.position limit $4",
    )
    .bind(reseller)
    .bind(from)
    .bind(to)
    .bind(PURCHASES)
    .fetch_all(tx.conn())
    .await?;
    let full = i64::try_from(rows.len()).is_ok_and(|rows| rows >= PURCHASES);
    let end = rows.last().filter(|_| full).map_or(to, |(position, ..)| *position);
    Ok((rows.into_iter().filter(|(_, recent, _)| *recent).map(|(.., Json(purchase))| purchase).collect(), end))
}
