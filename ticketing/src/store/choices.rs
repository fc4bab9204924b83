//! The SQL that all processes have in common in which buyers are told and choose.

use foundation::{
    Instant, Result, TenantTx,
    id::{CancellationId, OrderId, PerformanceId, ReschedulingId},
};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::rules::choice::ChoiceState;

/// Which process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Process {
    /// A performance has moved to another time.
    Rescheduling(ReschedulingId),
    /// It does not take place.
    Cancellation(CancellationId),
}

impl Process {
    /// What its tables and keys are named after, in the singular.
    fn noun(self) -> &'static str {
        match self {
            Self::Rescheduling(_) => "rescheduling",
            Self::Cancellation(_) => "cancellation",
        }
    }

    fn id(self) -> Uuid {
        match self {
            Self::Rescheduling(id) => id.uuid(),
            Self::Cancellation(id) => id.uuid(),
        }
    }
}

/// Locks it against others who carry it on. Taken before any order.
///
/// # Errors
/// The database's.
pub async fn lock(tx: &mut TenantTx, of: Process) -> Result<()> {
    let (reseller, noun) = (tx.reseller(), of.noun());
    let sql = format!("select 1 from {noun}s where reseller_id = $1 and {noun}_id = $2 for update");
    sqlx::query(AssertSqlSafe(sql)).bind(reseller).bind(of.id()).execute(tx.conn()).await?;
    Ok(())
}

/// Notes how far a locked one is, and when the worker looks at it next. Gives its version.
///
/// # Errors
/// The database's.
pub async fn save(tx: &mut TenantTx, of: Process, state: ChoiceState, due_at: Instant) -> Result<i64> {
    let (reseller, noun) = (tx.reseller(), of.noun());
    let sql = format!(
        "update {noun}s set version = version + (state <> $3)::int, state = $3, due_at = $4
         where reseller_id = $1 and {noun}_id = $2 returning version"
    );
    let version = sqlx::query_scalar(AssertSqlSafe(sql)).bind(reseller).bind(of.id());
    Ok(version.bind(state.as_str()).bind(due_at).fetch_one(tx.conn()).await?)
}

/// Paid orders from before this time with good tickets of its performance that are not in it yet; at most so many. They are taken in in the
/// order of their ids, so that mostly those after the last one are all that is left; others were paid since, and are looked for last.
///
/// # Errors
/// The database's.
pub async fn untold(
    tx: &mut TenantTx,
    of: Process,
    performance: PerformanceId,
    before: Instant,
    limit: i64,
) -> Result<Vec<OrderId>> {
    let (reseller, noun) = (tx.reseller(), of.noun());
    let newest = format!(
        "select order_id from {noun}_orders where reseller_id = $1 and {noun}_id = $2 order by order_id desc limit 1"
    );
    let newest = sqlx::query_scalar(AssertSqlSafe(newest)).bind(reseller).bind(of.id());
    let newest: Option<OrderId> = newest.fetch_optional(tx.conn()).await?;
    let sql = format!(
        "select distinct o.order_id from order_items i
         join orders o on o.reseller_id = $1 and o.order_id = i.order_id
         where i.reseller_id = $1 and i.performance_id = $2 and i.credential in ('issued', 'suspended')
           and o.state = 'paid' and o.created_at < $3 and ($6::uuid is null or i.order_id > $6)
           and not exists (select from {noun}_orders r
                           where r.reseller_id = $1 and r.{noun}_id = $4 and r.order_id = o.order_id)
         order by o.order_id limit $5"
    );
    let mut untold = Vec::new();
    for after in newest.map(Some).into_iter().chain([None]) {
        let orders = sqlx::query_scalar(AssertSqlSafe(sql.clone())).bind(reseller).bind(performance).bind(before);
        untold = orders.bind(of.id()).bind(limit).bind(after).fetch_all(tx.conn()).await?;
        if !untold.is_empty() {
            break;
        }
    }
    Ok(untold)
}

/// Orders that are in it without an outcome, and whose buyers could not be told before and are to be now; at most so many.
///
/// # Errors
/// The database's.
pub async fn untold_before(tx: &mut TenantTx, of: Process, now: Instant, limit: i64) -> Result<Vec<OrderId>> {
    let (reseller, noun) = (tx.reseller(), of.noun());
    let sql = format!(
        "select order_id from {noun}_orders
         where reseller_id = $1 and {noun}_id = $2 and not told and decision is null and retry_at <= $3
         order by order_id limit $4"
    );
    let orders = sqlx::query_scalar(AssertSqlSafe(sql)).bind(reseller).bind(of.id());
    Ok(orders.bind(now).bind(limit).fetch_all(tx.conn()).await?)
}

/// Takes an order into a locked one whose buyer could not be told, or notes so anew, with the reason if a person may have to see to it. It
/// is told at that time, or `no_more` and closed as the others are.
///
/// # Errors
/// The database's.
pub async fn put_off_telling(
    tx: &mut TenantTx,
    of: Process,
    order: OrderId,
    (problem, retry_at): (Option<&str>, Instant),
    no_more: bool,
) -> Result<()> {
    let (reseller, noun) = (tx.reseller(), of.noun());
    let sql = format!(
        "insert into {noun}_orders (reseller_id, {noun}_id, order_id, problem, retry_at, told) values ($1, $2, $3, $4, $5, $6)
         on conflict (reseller_id, {noun}_id, order_id) do update
             set problem = excluded.problem, retry_at = excluded.retry_at, told = excluded.told
             where not {noun}_orders.told and {noun}_orders.decision is null"
    );
    let put_off = sqlx::query(AssertSqlSafe(sql)).bind(reseller).bind(of.id()).bind(order);
    put_off.bind(problem).bind(retry_at).bind(no_more).execute(tx.conn()).await?;
    Ok(())
}

/// Takes an order in. Gives whether its buyer was not told before.
///
/// # Errors
/// The database's.
pub async fn add_order(tx: &mut TenantTx, of: Process, order: OrderId) -> Result<bool> {
    let (reseller, noun) = (tx.reseller(), of.noun());
    let sql = format!(
        "insert into {noun}_orders (reseller_id, {noun}_id, order_id) values ($1, $2, $3)
         on conflict (reseller_id, {noun}_id, order_id) do update set told = true, problem = null, retry_at = null
             where not {noun}_orders.told and {noun}_orders.decision is null"
    );
    let added = sqlx::query(AssertSqlSafe(sql)).bind(reseller).bind(of.id()).bind(order).execute(tx.conn()).await?;
    Ok(added.rows_affected() == 1)
}

/// Orders that are not decided and not to be tried later; at most so many.
///
/// # Errors
/// The database's.
pub async fn open_orders(tx: &mut TenantTx, of: Process, now: Instant, limit: i64) -> Result<Vec<OrderId>> {
    let (reseller, noun) = (tx.reseller(), of.noun());
    let sql = format!(
        "select order_id from {noun}_orders
         where reseller_id = $1 and {noun}_id = $2 and decision is null and (retry_at is null or retry_at <= $3)
         order by order_id limit $4"
    );
    let orders = sqlx::query_scalar(AssertSqlSafe(sql)).bind(reseller).bind(of.id());
    Ok(orders.bind(now).bind(limit).fetch_all(tx.conn()).await?)
}

/// When the first of the orders is tried again that were put off, if any is.
///
/// # Errors
/// The database's.
pub async fn first_retry(tx: &mut TenantTx, of: Process) -> Result<Option<Instant>> {
    let (reseller, noun) = (tx.reseller(), of.noun());
    let sql = format!(
        "select min(retry_at) from {noun}_orders where reseller_id = $1 and {noun}_id = $2 and decision is null"
    );
    Ok(sqlx::query_scalar(AssertSqlSafe(sql)).bind(reseller).bind(of.id()).fetch_one(tx.conn()).await?)
}

/// Puts an order off that is not decided; with the reason, if a person may have to see to it.
///
/// # Errors
/// The database's.
pub async fn put_off(
    tx: &mut TenantTx,
    of: Process,
    order: OrderId,
    (problem, retry_at): (Option<&str>, Instant),
) -> Result<()> {
    let (reseller, noun) = (tx.reseller(), of.noun());
    let sql = format!(
        "update {noun}_orders set problem = $4, retry_at = $5
         where reseller_id = $1 and {noun}_id = $2 and order_id = $3 and decision is null"
    );
    let put_off = sqlx::query(AssertSqlSafe(sql)).bind(reseller).bind(of.id()).bind(order);
    put_off.bind(problem).bind(retry_at).execute(tx.conn()).await?;
    Ok(())
}

/// Whether an order that has no outcome yet was put off before.
///
/// # Errors
/// The database's.
pub async fn was_put_off(tx: &mut TenantTx, of: Process, order: OrderId) -> Result<bool> {
    let (reseller, noun) = (tx.reseller(), of.noun());
    let sql = format!(
        "select exists (select from {noun}_orders
             where reseller_id = $1 and {noun}_id = $2 and order_id = $3 and decision is null and retry_at is not null)"
    );
    let put_off = sqlx::query_scalar(AssertSqlSafe(sql)).bind(reseller).bind(of.id()).bind(order);
    Ok(put_off.fetch_one(tx.conn()).await?)
}
