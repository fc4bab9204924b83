//! The one module that writes claims: who has a ticket now, until when. The slots that a ticket has in limits go with its
//! claim, in the same statement: the same owner, the same time (see [`super::slots`]).
//!
//! Every change of a claim names the owner it expects; the caller compares the number of rows. `now` is the cell's clock,
//! read in the same transaction: a claim that has ended by then stays ended unless its owner extends it, and an extension
//! is seen by the condition on the row itself.

use foundation::{
    Instant, TenantTx,
    id::{BlockId, HoldId, LayoutId, OrderId, PerformanceId, TicketId},
};
use uuid::Uuid;

use super::archive;
use crate::rules::{order::HeldTicket, stock::Keeper};

/// Whose a claim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A hold's.
    Hold(HoldId),
    /// An order's; sold, if the order is paid.
    Order(OrderId),
    /// Nobody's: kept off sale when a ticket of this order was made void.
    BlockOf(OrderId),
}

impl Owner {
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Hold(_) => "hold",
            Self::Order(_) => "order",
            Self::BlockOf(_) => "block",
        }
    }

    pub(super) fn id(self) -> Uuid {
        match self {
            Self::Hold(hold) => hold.uuid(),
            Self::Order(order) | Self::BlockOf(order) => order.uuid(),
        }
    }
}

/// A ticket wanted for a hold.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// For which hold.
    pub hold: HoldId,
    /// In which performance.
    pub performance: PerformanceId,
    /// Which ticket.
    pub ticket: TicketId,
    /// Until when.
    pub until: Instant,
}

/// What became of a claim: the ticket is claimed until then, or free (a time that is past).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The performance.
    pub performance: PerformanceId,
    /// The ticket.
    pub ticket: TicketId,
    /// Until when it is claimed.
    pub until: Instant,
    /// By whom.
    pub by: Keeper,
}

impl Change {
    /// The same of an order that is paid.
    #[must_use]
    pub fn sold(self) -> Self {
        Self { by: Keeper::Sold, ..self }
    }
}

/// Claims what is wanted for many holds at once; no ticket may be wanted twice. Gives the tickets got, with their holds. A
/// hold that gets fewer than it wants has lost: give its part back with [`undo`].
///
/// # Errors
/// The database's own, because the caller of a batch must tell contention from a lost connection.
pub async fn take(tx: &mut TenantTx, wanted: &[Wanted], now: Instant) -> Result<Vec<(HoldId, TicketId)>, sqlx::Error> {
    let reseller = tx.reseller();
    // Holds with a ticket that is known to be claimed are left out whole: in most batches nothing is left to undo. Looked up
    // one by one: as a join, a table without fresh statistics was read whole for every batch.
    sqlx::query_as(
        "with wanted as (
             select * from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[])
                 as w (performance_id, ticket_id, hold_id, until)),
         taken as materialized (
             select distinct w.hold_id from wanted w cross join lateral (
                 select from claims c
                 where c.reseller_id = $1 and c.performance_id = w.performance_id and c.ticket_id = w.ticket_id
                   and c.expires_at > $6
                 limit 1) live)
         insert into claims (reseller_id, performance_id, ticket_id, owner_kind, owner_id, claimed_at, expires_at)
         select $1, performance_id, ticket_id, 'hold', hold_id, $6, until
         from wanted where hold_id not in (select hold_id from taken)
         order by performance_id, ticket_id
         on conflict (reseller_id, performance_id, ticket_id) do update
             set owner_kind = excluded.owner_kind, owner_id = excluded.owner_id,
                 claimed_at = excluded.claimed_at, expires_at = excluded.expires_at
             where claims.expires_at <= excluded.claimed_at
         returning owner_id, ticket_id",
    )
    .bind(reseller)
    .bind(wanted.iter().map(|w| w.performance).collect::<Vec<_>>())
    .bind(wanted.iter().map(|w| w.ticket).collect::<Vec<_>>())
    .bind(wanted.iter().map(|w| w.hold).collect::<Vec<_>>())
    .bind(wanted.iter().map(|w| w.until).collect::<Vec<_>>())
    .bind(now)
    .fetch_all(tx.conn())
    .await
}

/// Frees what holds that lost did get, in the transaction of [`take`]. A statement of its own: within one statement the rows
/// just written would not be seen.
///
/// # Errors
/// The database's own.
pub async fn undo(tx: &mut TenantTx, partial: &[Wanted]) -> Result<(), sqlx::Error> {
    let reseller = tx.reseller();
    sqlx::query(
        "update claims set expires_at = '-infinity'
         where reseller_id = $1 and performance_id = any($2) and ticket_id = any($3)
           and owner_kind = 'hold' and owner_id = any($4)",
    )
    .bind(reseller)
    .bind(partial.iter().map(|w| w.performance).collect::<Vec<_>>())
    .bind(partial.iter().map(|w| w.ticket).collect::<Vec<_>>())
    .bind(partial.iter().map(|w| w.hold).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Until when these tickets are claimed, for a memory that thought them free.
///
/// # Errors
/// The database's own.
pub async fn ends(tx: &mut TenantTx, tickets: &[(PerformanceId, TicketId)]) -> Result<Vec<Change>, sqlx::Error> {
    let reseller = tx.reseller();
    let rows: Vec<(PerformanceId, TicketId, Instant, Keeper)> = sqlx::query_as(
        "select c.performance_id, c.ticket_id, c.expires_at, case when o.state = 'paid' then 'sold' else c.owner_kind end
         from claims c left join orders o on o.reseller_id = $1 and c.owner_kind = 'order' and o.order_id = c.owner_id
         where c.reseller_id = $1 and c.performance_id = any($2) and c.ticket_id = any($3)",
    )
    .bind(reseller)
    .bind(tickets.iter().map(|(performance, _)| *performance).collect::<Vec<_>>())
    .bind(tickets.iter().map(|(_, ticket)| *ticket).collect::<Vec<_>>())
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|(performance, ticket, until, by)| Change { performance, ticket, until, by }).collect())
}

/// Locks the slots that an owner has for these tickets and then their claims in the one order: an update by itself would visit
/// them in any order and meet a batch head on. Orders and payments are locked after it. What others have in slots is left alone:
/// who waits for a slot has locked those that it did not get.
///
/// # Errors
/// The database's own.
pub async fn lock(tx: &mut TenantTx, tickets: &[HeldTicket], owner: Owner) -> Result<(), sqlx::Error> {
    lock_all(tx, tickets, &[owner]).await
}

/// The same of tickets that these owners have among them.
///
/// # Errors
/// The database's own.
pub async fn lock_all(tx: &mut TenantTx, tickets: &[HeldTicket], owners: &[Owner]) -> Result<(), sqlx::Error> {
    if !tickets.is_empty() && lock_live(tx, tickets, owners).await? < tickets.len() {
        // What is archived is brought back, by this transaction or by another that was waited for.
        archive::bring_back(tx, tickets).await?;
        lock_live(tx, tickets, owners).await?;
    }
    Ok(())
}

/// Locks what of it is live. Gives how many of the tickets have a claim there.
async fn lock_live(tx: &mut TenantTx, tickets: &[HeldTicket], owners: &[Owner]) -> Result<usize, sqlx::Error> {
    let reseller = tx.reseller();
    let claims: Vec<bool> = sqlx::query_scalar(
        "select false from (
             select 1 from slots
             where reseller_id = $1 and performance_id = any($2) and ticket_id = any($3)
               and (owner_kind, owner_id) in (select * from unnest($4::text[], $5::uuid[])) and expires_at > '-infinity'
             order by limit_id, subject, slot for update) s
         union all
         select true from (
             select 1 from claims where reseller_id = $1 and performance_id = any($2) and ticket_id = any($3)
             order by performance_id, ticket_id for update) c",
    )
    .bind(reseller)
    .bind(tickets.iter().map(|t| t.performance).collect::<Vec<_>>())
    .bind(tickets.iter().map(|t| t.ticket).collect::<Vec<_>>())
    .bind(owners.iter().map(|owner| owner.kind()).collect::<Vec<_>>())
    .bind(owners.iter().map(|owner| owner.id()).collect::<Vec<_>>())
    .fetch_all(tx.conn())
    .await?;
    Ok(claims.into_iter().filter(|is_claim| *is_claim).count())
}

/// Which claims a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those that have not ended by this time.
    Live(Instant),
    /// All that are still the owner's, ended or not.
    Any,
}

/// Moves an owner's claims on these tickets, with their slots, to an owner (maybe the same) and a time. Gives what changed: if that is fewer
/// than the tickets, some were no longer the owner's, and the caller rolls back.
///
/// # Errors
/// The database's own.
pub async fn pass(
    tx: &mut TenantTx,
    tickets: &[HeldTicket],
    from: Owner,
    to: Owner,
    until: Instant,
    which: Which,
) -> Result<Vec<Change>, sqlx::Error> {
    let after = match which {
        Which::Live(now) => now,
        Which::Any => Instant::LONG_AGO,
    };
    lock(tx, tickets, from).await?;
    pass_locked(tx, &[Passing { tickets, from, to, until }], after).await
}

/// An owner's claims on these tickets that are to be another's, or the same's until another time.
#[derive(Debug, Clone, Copy)]
pub struct Passing<'a> {
    /// Which tickets.
    pub tickets: &'a [HeldTicket],
    /// Whose they are.
    pub from: Owner,
    /// Whose they are to be.
    pub to: Owner,
    /// Until when.
    pub until: Instant,
}

/// Moves claims that this transaction has locked, of many owners at once, where they have not ended by `after`. Gives what changed.
///
/// # Errors
/// The database's own.
pub async fn pass_locked(tx: &mut TenantTx, all: &[Passing<'_>], after: Instant) -> Result<Vec<Change>, sqlx::Error> {
    let each = || all.iter().flat_map(|passing| passing.tickets.iter().map(move |ticket| (passing, ticket)));
    if each().next().is_none() {
        return Ok(Vec::new());
    }
    let reseller = tx.reseller();
    let rows: Vec<(PerformanceId, TicketId, Instant, Keeper)> = sqlx::query_as(
        "with passing as (
             select * from unnest($2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::uuid[], $8::timestamptz[])
                 as p (performance_id, ticket_id, from_kind, from_id, to_kind, to_id, until)),
         slots_too as (
             update slots s set owner_kind = p.to_kind, owner_id = p.to_id, expires_at = p.until from passing p
             where s.reseller_id = $1 and s.performance_id = any($2) and s.ticket_id = any($3)
               and s.performance_id = p.performance_id and s.ticket_id = p.ticket_id
               and s.owner_kind = p.from_kind and s.owner_id = p.from_id and s.expires_at > $9)
         update claims c set owner_kind = p.to_kind, owner_id = p.to_id, expires_at = p.until from passing p
         where c.reseller_id = $1 and c.performance_id = any($2) and c.ticket_id = any($3)
           and c.performance_id = p.performance_id and c.ticket_id = p.ticket_id
           and c.owner_kind = p.from_kind and c.owner_id = p.from_id and c.expires_at > $9
         returning c.performance_id, c.ticket_id, c.expires_at, c.owner_kind",
    )
    .bind(reseller)
    .bind(each().map(|(_, t)| t.performance).collect::<Vec<_>>())
    .bind(each().map(|(_, t)| t.ticket).collect::<Vec<_>>())
    .bind(each().map(|(p, _)| p.from.kind()).collect::<Vec<_>>())
    .bind(each().map(|(p, _)| p.from.id()).collect::<Vec<_>>())
    .bind(each().map(|(p, _)| p.to.kind()).collect::<Vec<_>>())
    .bind(each().map(|(p, _)| p.to.id()).collect::<Vec<_>>())
    .bind(each().map(|(p, _)| p.until).collect::<Vec<_>>())
    .bind(after)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|(performance, ticket, until, by)| Change { performance, ticket, until, by }).collect())
}

/// Frees an owner's claims on these tickets, and their slots.
///
/// # Errors
/// The database's own.
pub async fn free(tx: &mut TenantTx, tickets: &[HeldTicket], owner: Owner) -> Result<Vec<Change>, sqlx::Error> {
    pass(tx, tickets, owner, owner, Instant::LONG_AGO, Which::Any).await
}

/// The same of claims that this transaction has locked ([`lock`]) for whichever owner.
///
/// # Errors
/// The database's own.
pub async fn free_locked(tx: &mut TenantTx, tickets: &[HeldTicket], owner: Owner) -> Result<Vec<Change>, sqlx::Error> {
    pass_locked(tx, &[Passing { tickets, from: owner, to: owner, until: Instant::LONG_AGO }], Instant::LONG_AGO).await
}

/// Moves claims that this transaction has locked, with the slots of the new owner's that are locked, to another owner for ever.
///
/// # Errors
/// The database's own.
pub async fn give_locked(
    tx: &mut TenantTx,
    tickets: &[HeldTicket],
    from: Owner,
    to: Owner,
) -> Result<Vec<Change>, sqlx::Error> {
    pass_locked(tx, &[Passing { tickets, from, to, until: Instant::NEVER }], Instant::LONG_AGO).await
}

/// Those of these tickets that have a claim, ended or not, and until when it is.
///
/// # Errors
/// The database's own.
pub async fn of_tickets(
    tx: &mut TenantTx,
    performance: PerformanceId,
    tickets: &[TicketId],
) -> Result<Vec<(TicketId, Instant)>, sqlx::Error> {
    let reseller = tx.reseller();
    sqlx::query_as(
        "select ticket_id, expires_at from claims
         where reseller_id = $1 and performance_id = $2 and ticket_id = any($3) order by ticket_id",
    )
    .bind(reseller)
    .bind(performance)
    .bind(tickets)
    .fetch_all(tx.conn())
    .await
}

/// Whether any of a performance's tickets was ever claimed.
///
/// # Errors
/// The database's own.
pub async fn any_ever(tx: &mut TenantTx, performance: PerformanceId) -> Result<bool, sqlx::Error> {
    let reseller = tx.reseller();
    sqlx::query_scalar("select exists (select from all_claims where reseller_id = $1 and performance_id = $2)")
        .bind(reseller)
        .bind(performance)
        .fetch_one(tx.conn())
        .await
}

/// The most claims of one statement.
const CHUNK: usize = 10_000;

/// Keeps free tickets, in the order of performances and tickets, off sale for a layout that has no room for them. What is claimed
/// meanwhile stays as it is: the caller looks.
///
/// # Errors
/// The database's own.
pub async fn shut(
    tx: &mut TenantTx,
    tickets: &[(PerformanceId, TicketId)],
    layout: LayoutId,
    now: Instant,
) -> Result<(), sqlx::Error> {
    let reseller = tx.reseller();
    for chunk in tickets.chunks(CHUNK) {
        sqlx::query(
            "insert into claims (reseller_id, performance_id, ticket_id, owner_kind, owner_id, claimed_at, expires_at)
             select $1, performance_id, ticket_id, 'block', $4, $5, 'infinity'
             from unnest($2::uuid[], $3::uuid[]) as s (performance_id, ticket_id) order by performance_id, ticket_id
             on conflict (reseller_id, performance_id, ticket_id) do update
                 set owner_kind = excluded.owner_kind, owner_id = excluded.owner_id,
                     claimed_at = excluded.claimed_at, expires_at = excluded.expires_at
                 where claims.expires_at <= excluded.claimed_at",
        )
        .bind(reseller)
        .bind(chunk.iter().map(|(performance, _)| *performance).collect::<Vec<_>>())
        .bind(chunk.iter().map(|(_, ticket)| *ticket).collect::<Vec<_>>())
        .bind(layout)
        .bind(now)
        .execute(tx.conn())
        .await?;
    }
    Ok(())
}

/// Keeps free tickets of a performance, which is locked exclusively, for a block: nobody has them and nobody can.
///
/// # Errors
/// The database's own.
pub async fn block(
    tx: &mut TenantTx,
    performance: PerformanceId,
    tickets: &[TicketId],
    block: BlockId,
    now: Instant,
) -> Result<Vec<Change>, sqlx::Error> {
    let reseller = tx.reseller();
    let rows: Vec<(TicketId, Instant)> = sqlx::query_as(
        "insert into claims (reseller_id, performance_id, ticket_id, owner_kind, owner_id, claimed_at, expires_at)
         select $1, $2, ticket_id, 'block', $4, $5, 'infinity' from unnest($3::uuid[]) as b (ticket_id) order by ticket_id
         on conflict (reseller_id, performance_id, ticket_id) do update
             set owner_kind = excluded.owner_kind, owner_id = excluded.owner_id,
                 claimed_at = excluded.claimed_at, expires_at = excluded.expires_at
             where claims.expires_at <= excluded.claimed_at
         returning ticket_id, expires_at",
    )
    .bind(reseller)
    .bind(performance)
    .bind(tickets)
    .bind(block)
    .bind(now)
    .fetch_all(tx.conn())
    .await?;
    Ok(of_block(performance, rows))
}

/// Frees what a block keeps.
///
/// # Errors
/// The database's own.
pub async fn unblock(
    tx: &mut TenantTx,
    performance: PerformanceId,
    block: BlockId,
) -> Result<Vec<Change>, sqlx::Error> {
    let reseller = tx.reseller();
    let rows: Vec<(TicketId, Instant)> = sqlx::query_as(
        "update claims set expires_at = '-infinity'
         where reseller_id = $1 and performance_id = $2 and owner_kind = 'block' and owner_id = $3 and expires_at = 'infinity'
         returning ticket_id, expires_at",
    )
    .bind(reseller)
    .bind(performance)
    .bind(block)
    .fetch_all(tx.conn())
    .await?;
    Ok(of_block(performance, rows))
}

fn of_block(performance: PerformanceId, rows: Vec<(TicketId, Instant)>) -> Vec<Change> {
    rows.into_iter().map(|(ticket, until)| Change { performance, ticket, until, by: Keeper::Block }).collect()
}

/// Keeps free tickets for orders, for ever and off sale; no ticket may be wanted twice. Gives those that were had: an order that got fewer
/// than it wants gives them back with [`free`].
///
/// # Errors
/// The database's own.
pub async fn keep(
    tx: &mut TenantTx,
    wanted: &[(OrderId, PerformanceId, TicketId)],
    now: Instant,
) -> Result<Vec<(OrderId, Change)>, sqlx::Error> {
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let reseller = tx.reseller();
    let rows: Vec<(OrderId, PerformanceId, TicketId, Instant)> = sqlx::query_as(
        "insert into claims (reseller_id, performance_id, ticket_id, owner_kind, owner_id, claimed_at, expires_at)
         select $1, performance_id, ticket_id, 'block', order_id, $5, 'infinity'
         from unnest($2::uuid[], $3::uuid[], $4::uuid[]) as w (order_id, performance_id, ticket_id) order by performance_id, ticket_id
         on conflict (reseller_id, performance_id, ticket_id) do update
             set owner_kind = excluded.owner_kind, owner_id = excluded.owner_id,
                 claimed_at = excluded.claimed_at, expires_at = excluded.expires_at
             where claims.expires_at <= excluded.claimed_at
         returning owner_id, performance_id, ticket_id, expires_at",
    )
    .bind(reseller)
    .bind(wanted.iter().map(|(order, ..)| *order).collect::<Vec<_>>())
    .bind(wanted.iter().map(|(_, performance, _)| *performance).collect::<Vec<_>>())
    .bind(wanted.iter().map(|(.., ticket)| *ticket).collect::<Vec<_>>())
    .bind(now)
    .fetch_all(tx.conn())
    .await?;
    let change =
        |(order, performance, ticket, until)| (order, Change { performance, ticket, until, by: Keeper::Block });
    Ok(rows.into_iter().map(change).collect())
}

/// Gives back what a layout keeps off sale in these sections and areas of performances.
///
/// # Errors
/// The database's own.
pub async fn open(
    tx: &mut TenantTx,
    performances: &[PerformanceId],
    sections: &[String],
    layout: LayoutId,
) -> Result<(), sqlx::Error> {
    let reseller = tx.reseller();
    sqlx::query(
        "update claims c set expires_at = '-infinity' from tickets t
         where c.reseller_id = $1 and c.performance_id = any($2) and c.owner_kind = 'block' and c.owner_id = $4
           and c.expires_at = 'infinity'
           and t.reseller_id = $1 and t.performance_id = c.performance_id and t.ticket_id = c.ticket_id and t.section = any($3)",
    )
    .bind(reseller)
    .bind(performances)
    .bind(sections)
    .bind(layout)
    .execute(tx.conn())
    .await?;
    Ok(())
}
