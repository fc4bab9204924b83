//! The SQL of waitlists: what is set, what those who wait would take, and what of it is left for open sale. The row of a list is
//! locked after its performance and before everything of holds.

use std::collections::{HashMap, HashSet};

use foundation::{
    Instant, Result, TenantTx,
    id::{PerformanceId, PriceTierId, TicketId},
};
use sqlx::types::Json;

use super::known;
use crate::rules::waitlist::{Scope, WAITING_MAX, Waitlist, WaitlistState, unite};

#[derive(sqlx::FromRow)]
struct Row {
    state: String,
    offer_seconds: i32,
    waiting: i32,
    version: i64,
}

impl Row {
    fn waitlist(self, performance: PerformanceId) -> Result<Waitlist> {
        Ok(Waitlist {
            performance,
            state: known("a waitlist's state", &self.state, WaitlistState::parse(&self.state))?,
            offer_seconds: self.offer_seconds,
            waiting: self.waiting,
            version: self.version,
        })
    }
}

/// A performance's waitlist as it stands.
///
/// # Errors
/// The database's.
pub async fn get(tx: &mut TenantTx, performance: PerformanceId) -> Result<Waitlist> {
    let reseller = tx.reseller();
    let row: Option<Row> = sqlx::query_as(
        "select state, offer_seconds, waiting, version from waitlists where reseller_id = $1 and performance_id = $2",
    )
    .bind(reseller)
    .bind(performance)
    .fetch_optional(tx.conn())
    .await?;
    row.map_or(Ok(Waitlist::unset(performance)), |row| row.waitlist(performance))
}

/// Writes what is set for a list of this version. Gives whether it still had that.
///
/// # Errors
/// The database's.
pub async fn set(tx: &mut TenantTx, to: &Waitlist, now: Instant) -> Result<bool> {
    let reseller = tx.reseller();
    let set = sqlx::query(
        "insert into waitlists as w (reseller_id, performance_id, state, offer_seconds, due_at, version)
         values ($1, $2, $3, $4, $5, $6 + 1)
         on conflict (reseller_id, performance_id) do update
             set state = excluded.state, offer_seconds = excluded.offer_seconds, due_at = excluded.due_at,
                 version = excluded.version
             where w.version = excluded.version - 1",
    )
    .bind(reseller)
    .bind(to.performance)
    .bind(to.state.as_str())
    .bind(to.offer_seconds)
    .bind(now)
    .bind(to.version)
    .execute(tx.conn())
    .await?;
    Ok(set.rows_affected() == 1)
}

/// Takes one more party in, which would take tickets of these scopes. Gives its number; none if the list is full.
///
/// # Errors
/// The database's.
pub async fn enter(
    tx: &mut TenantTx,
    performance: PerformanceId,
    scopes: impl Iterator<Item = Scope>,
    now: Instant,
) -> Result<Option<i64>> {
    let reseller = tx.reseller();
    let Json(mut kept): Json<Vec<Scope>> =
        sqlx::query_scalar("select scopes from waitlists where reseller_id = $1 and performance_id = $2 for update")
            .bind(reseller)
            .bind(performance)
            .fetch_one(tx.conn())
            .await?;
    unite(&mut kept, scopes);
    Ok(sqlx::query_scalar(
        "update waitlists set last_no = last_no + 1, waiting = waiting + 1, scopes = $3, due_at = $4
         where reseller_id = $1 and performance_id = $2 and waiting < $5 returning last_no",
    )
    .bind(reseller)
    .bind(performance)
    .bind(Json(kept))
    .bind(now)
    .bind(WAITING_MAX)
    .fetch_optional(tx.conn())
    .await?)
}

/// So many parties wait no more: the list is looked at again, and is empty without the last.
///
/// # Errors
/// The database's.
pub async fn fewer(tx: &mut TenantTx, performance: PerformanceId, many: usize, now: Instant) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "with gone as (
             delete from waitlist_leftovers where reseller_id = $1 and performance_id = $2 and exists (
                 select from waitlists where reseller_id = $1 and performance_id = $2 and waiting = $3))
         update waitlists set waiting = waiting - $3, due_at = $4,
                              scopes = case when waiting = $3 then '[]' else scopes end
         where reseller_id = $1 and performance_id = $2",
    )
    .bind(reseller)
    .bind(performance)
    .bind(i32::try_from(many).unwrap_or(i32::MAX))
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Has a list not looked at before then unless something becomes free.
///
/// # Errors
/// The database's.
pub async fn put_off(tx: &mut TenantTx, performance: PerformanceId, until: Instant) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query("update waitlists set due_at = $3 where reseller_id = $1 and performance_id = $2")
        .bind(reseller)
        .bind(performance)
        .bind(until)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Writes what a look at the list came to: so many wait no more, the others would take this, of which these tickets are left for
/// open sale, and it is looked at again then. The performance is locked exclusively.
///
/// # Errors
/// The database's.
pub async fn settle(
    tx: &mut TenantTx,
    performance: PerformanceId,
    served: usize,
    (wanted, leftovers): (&[Scope], &[TicketId]),
    due_at: Instant,
) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "with gone as (
             delete from waitlist_leftovers where reseller_id = $1 and performance_id = $2 and ticket_id <> all($5))
         update waitlists set waiting = waiting - $3, scopes = $4, due_at = $6
         where reseller_id = $1 and performance_id = $2",
    )
    .bind(reseller)
    .bind(performance)
    .bind(i32::try_from(served).unwrap_or(i32::MAX))
    .bind(Json(wanted))
    .bind(leftovers)
    .bind(due_at)
    .execute(tx.conn())
    .await?;
    sqlx::query(
        "insert into waitlist_leftovers (reseller_id, performance_id, ticket_id)
         select $1, $2, ticket_id from unnest($3::uuid[]) as l (ticket_id) order by ticket_id on conflict do nothing",
    )
    .bind(reseller)
    .bind(performance)
    .bind(leftovers)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What those who wait for these performances would take; of performances for which nobody waits, nothing.
///
/// # Errors
/// The database's own.
pub async fn wanted(
    tx: &mut TenantTx,
    performances: &[PerformanceId],
) -> Result<HashMap<PerformanceId, Vec<Scope>>, sqlx::Error> {
    let reseller = tx.reseller();
    let rows: Vec<(PerformanceId, Json<Vec<Scope>>)> = sqlx::query_as(
        "select performance_id, scopes from waitlists where reseller_id = $1 and performance_id = any($2) and waiting > 0",
    )
    .bind(reseller)
    .bind(performances)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|(performance, Json(scopes))| (performance, scopes)).collect())
}

/// Whether the ticket `t`, once it is free, is for those who wait: for a statement that has the scopes of [`scopes`] as `n.tiers` and
/// `n.sections`.
pub(super) const WAITED_FOR: &str = "exists (
         select from unnest(n.tiers, n.sections) as w (tier, section)
         where w.tier = t.price_tier_id and (w.section is null or w.section = t.section))
     and not exists (
         select from waitlist_leftovers l
         where l.reseller_id = t.reseller_id and l.performance_id = t.performance_id and l.ticket_id = t.ticket_id)";

/// What those who wait for a performance would take, tier by tier with the section that it is in, if they want one.
pub(super) async fn scopes(
    tx: &mut TenantTx,
    performance: PerformanceId,
) -> Result<(Vec<PriceTierId>, Vec<Option<String>>)> {
    let scopes = wanted(tx, &[performance]).await?.remove(&performance).unwrap_or_default();
    Ok(scopes.into_iter().map(|scope| (scope.tier, scope.section)).unzip())
}

/// What is left of a performance for open sale.
///
/// # Errors
/// The database's.
pub async fn leftovers(tx: &mut TenantTx, performance: PerformanceId) -> Result<HashSet<TicketId>> {
    let reseller = tx.reseller();
    let left: Vec<TicketId> =
        sqlx::query_scalar("select ticket_id from waitlist_leftovers where reseller_id = $1 and performance_id = $2")
            .bind(reseller)
            .bind(performance)
            .fetch_all(tx.conn())
            .await?;
    Ok(left.into_iter().collect())
}

/// Those of these tickets that are left for open sale, locked until the end of the transaction.
///
/// # Errors
/// The database's own.
pub async fn left_of(
    tx: &mut TenantTx,
    tickets: &[(PerformanceId, TicketId)],
) -> Result<HashSet<TicketId>, sqlx::Error> {
    let reseller = tx.reseller();
    let left: Vec<TicketId> = sqlx::query_scalar(
        "select ticket_id from waitlist_leftovers
         where reseller_id = $1 and performance_id = any($2) and ticket_id = any($3)
         order by performance_id, ticket_id for update",
    )
    .bind(reseller)
    .bind(tickets.iter().map(|(performance, _)| *performance).collect::<Vec<_>>())
    .bind(tickets.iter().map(|(_, ticket)| *ticket).collect::<Vec<_>>())
    .fetch_all(tx.conn())
    .await?;
    Ok(left.into_iter().collect())
}

/// Uses up what was left for open sale: once it is free again, who waits comes first again.
///
/// # Errors
/// The database's own.
pub async fn use_up(tx: &mut TenantTx, tickets: &[(PerformanceId, TicketId)]) -> Result<(), sqlx::Error> {
    let reseller = tx.reseller();
    sqlx::query(
        "delete from waitlist_leftovers where reseller_id = $1 and performance_id = any($2) and ticket_id = any($3)",
    )
    .bind(reseller)
    .bind(tickets.iter().map(|(performance, _)| *performance).collect::<Vec<_>>())
    .bind(tickets.iter().map(|(_, ticket)| *ticket).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}
