//! The one module that moves rows into the archive and back. What is read of both is read through the views `all_…`; whoever locks
//! or changes claims has them brought back first (see [`super::claims::lock`]), and they are archived again later.

use foundation::{
    Instant, Result, TenantTx,
    id::{HoldId, PerformanceId, TicketId},
};

use crate::rules::order::HeldTicket;

/// Where a performance is on its way into the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its time has not come, or nothing of it is left to be moved.
    NotDue,
    /// Its time has come, and nothing of it has been moved.
    Due,
    /// It is archived, and some of it is still to be moved.
    UnderWay,
    /// It is archived, and what was brought back is to be moved again.
    Returned,
}

/// Where a locked performance is, by the tenant's clock.
///
/// # Errors
/// The database's.
pub async fn stage(tx: &mut TenantTx, id: PerformanceId, now: Instant) -> Result<Stage> {
    let reseller = tx.reseller();
    let (archived, due, returned): (bool, bool, bool) = sqlx::query_as(
        "select p.archived_at is not null,
                coalesce(p.archive_from + make_interval(days => r.archive_after_days) <= $3, false),
                exists (select from archive_returns b where b.reseller_id = $1 and b.performance_id = $2 and b.due_at <= $3)
         from performances p join resellers r on r.reseller_id = $1
         where p.reseller_id = $1 and p.performance_id = $2",
    )
    .bind(reseller)
    .bind(id)
    .bind(now)
    .fetch_optional(tx.conn())
    .await?
    .unwrap_or_default();
    Ok(match (archived, due, returned) {
        (false, true, _) => Stage::Due,
        (true, true, _) => Stage::UnderWay,
        (true, false, true) => Stage::Returned,
        (_, false, _) => Stage::NotDue,
    })
}

/// Whether something of a performance is not over: somebody holds, has not paid, is being paid back or disputes, buyers are being
/// asked about its new time or its end, or a block is still to be released.
///
/// # Errors
/// The database's.
pub async fn is_kept(tx: &mut TenantTx, id: PerformanceId, now: Instant) -> Result<bool> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "with o as materialized (select distinct order_id from order_items where reseller_id = $1 and performance_id = $2)
         select exists (select from performances where reseller_id = $1 and performance_id = $2 and checkouts_due)
             or exists (select from claims where reseller_id = $1 and performance_id = $2 and owner_kind = 'hold' and expires_at > $3)
             or exists (select from o join orders using (order_id)
                        where reseller_id = $1 and state in ('awaiting_payment', 'processing'))
             or exists (select from o join payments using (order_id)
                        where reseller_id = $1 and state not in ('succeeded', 'cancelled'))
             or exists (select from o join refunds using (order_id) where reseller_id = $1 and state = 'pending')
             or exists (select from o join disputes using (order_id)
                        where reseller_id = $1 and state in ('inquiry', 'needs_response', 'under_review'))
             or exists (select from reschedulings where reseller_id = $1 and performance_id = $2 and state <> 'done')
             or exists (select from cancellations where reseller_id = $1 and $2 in (performance_id, replacement_id) and state <> 'done')
             or exists (select from blocks where reseller_id = $1 and performance_id = $2 and state = 'active' and release_at is not null)",
    )
    .bind(reseller)
    .bind(id)
    .bind(now)
    .fetch_one(tx.conn())
    .await?)
}

/// Has a locked performance looked at again a day later.
///
/// # Errors
/// The database's.
pub async fn postpone(tx: &mut TenantTx, id: PerformanceId, now: Instant) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "update performances p set archive_from = $3 + interval '1 day' - make_interval(days => r.archive_after_days)
         from resellers r where r.reseller_id = $1 and p.reseller_id = $1 and p.performance_id = $2 and p.archive_from is not null",
    )
    .bind(reseller)
    .bind(id)
    .bind(now)
    .execute(tx.conn())
    .await?;
    sqlx::query(
        "update archive_returns set due_at = $3 + interval '1 day' where reseller_id = $1 and performance_id = $2",
    )
    .bind(reseller)
    .bind(id)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Notes that a locked performance is archived from now on, with how many tickets it has. Gives that and its new version.
///
/// # Errors
/// The database's.
pub async fn close(tx: &mut TenantTx, id: PerformanceId, now: Instant) -> Result<(i32, i64)> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "update performances set archived_at = $3, version = version + 1, archived_tickets =
             (select count(*) from tickets t where t.reseller_id = $1 and t.performance_id = $2)
         where reseller_id = $1 and performance_id = $2 returning archived_tickets, version",
    )
    .bind(reseller)
    .bind(id)
    .bind(now)
    .fetch_one(tx.conn())
    .await?)
}

/// Moves tickets of a locked, archived performance, at most so many, with their claims and with the slots of its own limits. Gives
/// how many.
///
/// # Errors
/// The database's.
pub async fn move_tickets(tx: &mut TenantTx, id: PerformanceId, limit: i64) -> Result<usize> {
    let reseller = tx.reseller();
    let tickets: Vec<TicketId> = sqlx::query_scalar(
        "select ticket_id from tickets where reseller_id = $1 and performance_id = $2 order by ticket_id limit $3",
    )
    .bind(reseller)
    .bind(id)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    for statement in [
        "select 1 from slots where reseller_id = $1 and performance_id = $2 and ticket_id = any($3)
         order by limit_id, subject, slot for update",
        "select 1 from claims where reseller_id = $1 and performance_id = $2 and ticket_id = any($3) order by ticket_id for update",
        "with gone as (
             delete from slots where reseller_id = $1 and performance_id = $2 and ticket_id = any($3) and (
                 limit_id = $2 or limit_id in (select sale_round_id from sale_rounds where reseller_id = $1 and performance_id = $2)
                 or limit_id in (select pool_id from pools where reseller_id = $1 and performance_id = $2))
             returning *)
         insert into archived_slots (reseller_id, limit_id, subject, slot, maximum, performance_id, ticket_id, owner_kind, owner_id,
                                     claimed_at, expires_at)
         select reseller_id, limit_id, subject, slot, maximum, performance_id, ticket_id, owner_kind, owner_id, claimed_at, expires_at
         from gone",
        "with t as (delete from tickets where reseller_id = $1 and performance_id = $2 and ticket_id = any($3) returning *),
         c as (delete from claims where reseller_id = $1 and performance_id = $2 and ticket_id = any($3) returning *)
         insert into archived_tickets (reseller_id, performance_id, ticket_id, price_tier_id, section, row_label, seat_label, ordinal,
                                       block_id, owner_kind, owner_id, claimed_at, expires_at)
         select t.reseller_id, t.performance_id, t.ticket_id, t.price_tier_id, t.section, t.row_label, t.seat_label, t.ordinal,
                t.block_id, c.owner_kind, c.owner_id, c.claimed_at, c.expires_at
         from t left join c on c.ticket_id = t.ticket_id",
        "delete from archive_returns where reseller_id = $1 and performance_id = $2 and ticket_id = any($3)",
    ] {
        sqlx::query(statement).bind(reseller).bind(id).bind(&tickets).execute(tx.conn()).await?;
    }
    Ok(tickets.len())
}

/// Moves guests of a locked, archived performance's sale rounds, at most so many. Gives how many.
///
/// # Errors
/// The database's.
pub async fn move_guests(tx: &mut TenantTx, id: PerformanceId, limit: i64) -> Result<usize> {
    let reseller = tx.reseller();
    let moved = sqlx::query(
        "with page as materialized (
             select sale_round_id, mark from sale_round_guests where reseller_id = $1 and performance_id = $2
             order by sale_round_id, mark limit $3),
         gone as (
             delete from sale_round_guests g using page
             where g.reseller_id = $1 and g.performance_id = $2 and g.sale_round_id = page.sale_round_id and g.mark = page.mark
             returning g.sale_round_id, g.mark)
         insert into archived_sale_round_guests (reseller_id, performance_id, sale_round_id, mark)
         select $1, $2, sale_round_id, mark from gone",
    )
    .bind(reseller)
    .bind(id)
    .bind(limit)
    .execute(tx.conn())
    .await?;
    Ok(usize::try_from(moved.rows_affected()).unwrap_or(usize::MAX))
}

/// Notes that all of a performance is moved.
///
/// # Errors
/// The database's.
pub async fn finish(tx: &mut TenantTx, id: PerformanceId) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query("update performances set archive_from = null where reseller_id = $1 and performance_id = $2")
        .bind(reseller)
        .bind(id)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Moves those of these holds that have ended. Gives how many.
///
/// # Errors
/// The database's.
pub async fn move_holds(tx: &mut TenantTx, ids: &[HoldId]) -> Result<usize> {
    let reseller = tx.reseller();
    let moved = sqlx::query(
        "with gone as (delete from holds where reseller_id = $1 and hold_id = any($2) and state <> 'active' returning *)
         insert into archived_holds (reseller_id, hold_id, state, items, buyer_reference, created_at, expires_at, order_id, version,
                                     waitlist_entry_id, sold_through)
         select reseller_id, hold_id, state, items, buyer_reference, created_at, expires_at, order_id, version, waitlist_entry_id,
                sold_through
         from gone",
    )
    .bind(reseller)
    .bind(ids)
    .execute(tx.conn())
    .await?;
    Ok(usize::try_from(moved.rows_affected()).unwrap_or(usize::MAX))
}

/// Brings those of these tickets that are archived back with their claims and slots, to be archived again a day later.
///
/// # Errors
/// The database's own.
pub async fn bring_back(tx: &mut TenantTx, tickets: &[HeldTicket]) -> Result<(), sqlx::Error> {
    let reseller = tx.reseller();
    let performances: Vec<PerformanceId> = tickets.iter().map(|t| t.performance).collect();
    let ids: Vec<TicketId> = tickets.iter().map(|t| t.ticket).collect();
    let back: i64 = sqlx::query_scalar(
        "with back as (
             delete from archived_tickets where reseller_id = $1 and performance_id = any($2) and ticket_id = any($3) returning *),
         t as (
             insert into tickets (reseller_id, performance_id, ticket_id, price_tier_id, section, row_label, seat_label, ordinal, block_id)
             select reseller_id, performance_id, ticket_id, price_tier_id, section, row_label, seat_label, ordinal, block_id from back),
         c as (
             insert into claims (reseller_id, performance_id, ticket_id, owner_kind, owner_id, claimed_at, expires_at)
             select reseller_id, performance_id, ticket_id, owner_kind, owner_id, claimed_at, expires_at from back
             where owner_id is not null order by performance_id, ticket_id),
         r as (
             insert into archive_returns (reseller_id, performance_id, ticket_id, due_at)
             select reseller_id, performance_id, ticket_id, cell_now() + interval '1 day' from back)
         select count(*) from back",
    )
    .bind(reseller)
    .bind(&performances)
    .bind(&ids)
    .fetch_one(tx.conn())
    .await?;
    if back == 0 {
        return Ok(());
    }
    sqlx::query(
        "with back as (
             delete from archived_slots where reseller_id = $1 and performance_id = any($2) and ticket_id = any($3) returning *)
         insert into slots (reseller_id, limit_id, subject, slot, maximum, performance_id, ticket_id, owner_kind, owner_id, claimed_at,
                            expires_at)
         select reseller_id, limit_id, subject, slot, maximum, performance_id, ticket_id, owner_kind, owner_id, claimed_at, expires_at
         from back order by limit_id, subject, slot",
    )
    .bind(reseller)
    .bind(&performances)
    .bind(&ids)
    .execute(tx.conn())
    .await?;
    Ok(())
}
