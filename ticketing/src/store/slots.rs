//! The slots of limits: which are free, and taking them. What follows (more time, an order, release, refund) they do with the
//! claim of their ticket, in the same statement of [`super::claims`].
//!
//! Slots are locked after the performances and before the claims, sorted.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use foundation::{
    Code, Instant, Refusal, Result, TenantTx,
    id::{HoldId, OrderId},
};
use uuid::Uuid;

use super::claims::Owner;
use crate::rules::{
    limit::{Limit, Needs, NoSlot, Rooms, Slot, Subject},
    order::HeldTicket,
};

/// A slot wanted for an owner's ticket.
#[derive(Debug, Clone, Copy)]
pub struct WantedSlot {
    /// Whose.
    pub owner: Owner,
    /// Which.
    pub slot: Slot,
    /// Until when.
    pub until: Instant,
}

/// Where a process begins to look for free slots of everybody's limits. It owns no truth: the worst it can be is slow.
#[derive(Debug)]
pub struct Starts {
    seed: u32,
    next: Mutex<HashMap<Uuid, i32>>,
}

/// The most limits of which a process keeps where it was.
const STARTS_MAX: usize = 10_000;

impl Starts {
    /// Nowhere yet; `seed` is the process's own.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed: u32::try_from(seed % u64::from(u32::MAX)).unwrap_or(0), next: Mutex::default() }
    }

    fn of(&self, limit: &Limit) -> i32 {
        if limit.subject != Subject::everybody() {
            return 0;
        }
        let first = || i32::try_from(self.seed % limit.max.unsigned_abs().max(1)).unwrap_or(0);
        let next = self.next.lock().unwrap_or_else(PoisonError::into_inner).get(&limit.id).copied();
        next.filter(|next| *next < limit.max).unwrap_or_else(first)
    }

    fn found(&self, limit: &Limit, free: &[i32]) {
        let (true, Some(first)) = (limit.subject == Subject::everybody(), free.first()) else { return };
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if next.len() >= STARTS_MAX {
            next.clear();
        }
        next.insert(limit.id, *first);
    }
}

/// Reads free slots for what is needed, as many as that at most. What has been lowered since it was taken counts in full: a
/// limit gives what it has left, not what is unnumbered below it.
///
/// # Errors
/// The database's own.
pub async fn free(tx: &mut TenantTx, needs: &Needs, starts: &Starts, now: Instant) -> Result<Rooms, sqlx::Error> {
    let mut rooms = Rooms::default();
    if needs.is_empty() {
        return Ok(rooms);
    }
    let reseller = tx.reseller();
    // One's own limits lowest first, so that of two who look at once, both want the same and one of them loses: each looks
    // again, and what is over the limit has been seen by then. Everybody's from where this process was before: processes
    // begin in different places, and what is found at once is free. Each slot is looked up by its key.
    let rows: Vec<(i64, Vec<i32>, i64)> = sqlx::query_as(
        "select w.nth, array(
                 select g.slot from (
                     select generate_series(w.start, w.max - 1) as slot union all select generate_series(0, w.start - 1)) g
                 where not coalesce((
                     select s.expires_at > $6 from slots s
                     where s.reseller_id = $1 and s.limit_id = w.limit_id and s.subject = w.subject and s.slot = g.slot), false)
                 limit w.needed + beyond.many), beyond.many
         from unnest($2::uuid[], $3::bytea[], $4::int[], $5::bigint[], $7::int[]) with ordinality
                 as w (limit_id, subject, max, needed, start, nth)
         cross join lateral (
             select count(*) as many from slots s
             where s.reseller_id = $1 and s.limit_id = w.limit_id and s.subject = w.subject and s.slot >= w.max
               and s.expires_at > $6) beyond",
    )
    .bind(reseller)
    .bind(needs.iter().map(|(limit, _)| limit.id).collect::<Vec<Uuid>>())
    .bind(needs.iter().map(|(limit, _)| limit.subject.bytes()).collect::<Vec<&[u8]>>())
    .bind(needs.iter().map(|(limit, _)| limit.max).collect::<Vec<i32>>())
    .bind(needs.iter().map(|(_, tickets)| i64::try_from(*tickets).unwrap_or(i64::MAX)).collect::<Vec<i64>>())
    .bind(now)
    .bind(needs.iter().map(|(limit, _)| starts.of(limit)).collect::<Vec<i32>>())
    .fetch_all(tx.conn())
    .await?;
    let limits: Vec<Limit> = needs.iter().map(|(limit, _)| *limit).collect();
    for (nth, mut free, beyond) in rows {
        let many = free.len().saturating_sub(usize::try_from(beyond).unwrap_or(usize::MAX));
        free.truncate(many);
        if let Some(limit) = usize::try_from(nth - 1).ok().and_then(|nth| limits.get(nth)) {
            starts.found(limit, &free);
            rooms.note(limit.name(), free);
        }
    }
    Ok(rooms)
}

/// Takes slots; none may be wanted twice. Gives those got: an owner that gets fewer than it wants gives them back with [`undo`].
///
/// # Errors
/// The database's own.
pub async fn take(
    tx: &mut TenantTx,
    wanted: &[WantedSlot],
    now: Instant,
) -> Result<Vec<(Uuid, Uuid, Vec<u8>, i32)>, sqlx::Error> {
    let reseller = tx.reseller();
    sqlx::query_as(
        "insert into slots (reseller_id, limit_id, subject, slot, maximum, performance_id, ticket_id, owner_kind, owner_id,
                            claimed_at, expires_at)
         select $1, limit_id, subject, slot, maximum, performance_id, ticket_id, owner_kind, owner_id, $10, until
         from unnest($2::uuid[], $3::bytea[], $4::int[], $5::int[], $6::uuid[], $7::uuid[], $8::text[], $9::uuid[],
                     $11::timestamptz[])
             as w (limit_id, subject, slot, maximum, performance_id, ticket_id, owner_kind, owner_id, until)
         order by limit_id, subject, slot
         on conflict (reseller_id, limit_id, subject, slot) do update
             set maximum = excluded.maximum, performance_id = excluded.performance_id, ticket_id = excluded.ticket_id,
                 owner_kind = excluded.owner_kind, owner_id = excluded.owner_id,
                 claimed_at = excluded.claimed_at, expires_at = excluded.expires_at
             where slots.expires_at <= excluded.claimed_at
         returning owner_id, limit_id, subject, slot",
    )
    .bind(reseller)
    .bind(wanted.iter().map(|w| w.slot.limit.id).collect::<Vec<Uuid>>())
    .bind(wanted.iter().map(|w| w.slot.limit.subject.bytes()).collect::<Vec<&[u8]>>())
    .bind(wanted.iter().map(|w| w.slot.no).collect::<Vec<i32>>())
    .bind(wanted.iter().map(|w| w.slot.limit.max).collect::<Vec<i32>>())
    .bind(wanted.iter().map(|w| w.slot.ticket.performance).collect::<Vec<_>>())
    .bind(wanted.iter().map(|w| w.slot.ticket.ticket).collect::<Vec<_>>())
    .bind(wanted.iter().map(|w| w.owner.kind()).collect::<Vec<&str>>())
    .bind(wanted.iter().map(|w| w.owner.id()).collect::<Vec<Uuid>>())
    .bind(now)
    .bind(wanted.iter().map(|w| w.until).collect::<Vec<Instant>>())
    .fetch_all(tx.conn())
    .await
}

/// Frees those of the slots that are their owners', in the transaction of [`take`].
///
/// # Errors
/// The database's own.
pub async fn undo(tx: &mut TenantTx, lost: &[WantedSlot]) -> Result<(), sqlx::Error> {
    if lost.is_empty() {
        return Ok(());
    }
    let reseller = tx.reseller();
    sqlx::query(
        "update slots s set expires_at = '-infinity'
         from unnest($2::uuid[], $3::bytea[], $4::int[], $5::text[], $6::uuid[])
             as l (limit_id, subject, slot, owner_kind, owner_id)
         where s.reseller_id = $1 and s.limit_id = l.limit_id and s.subject = l.subject and s.slot = l.slot
           and s.owner_kind = l.owner_kind and s.owner_id = l.owner_id",
    )
    .bind(reseller)
    .bind(lost.iter().map(|w| w.slot.limit.id).collect::<Vec<Uuid>>())
    .bind(lost.iter().map(|w| w.slot.limit.subject.bytes()).collect::<Vec<&[u8]>>())
    .bind(lost.iter().map(|w| w.slot.no).collect::<Vec<i32>>())
    .bind(lost.iter().map(|w| w.owner.kind()).collect::<Vec<&str>>())
    .bind(lost.iter().map(|w| w.owner.id()).collect::<Vec<Uuid>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Frees all slots that an owner has for these tickets.
///
/// # Errors
/// The database's own.
pub async fn free_all(tx: &mut TenantTx, owner: Owner, tickets: &[HeldTicket]) -> Result<(), sqlx::Error> {
    let reseller = tx.reseller();
    sqlx::query(
        "update slots set expires_at = '-infinity'
         where reseller_id = $1 and performance_id = any($2) and ticket_id = any($3) and owner_kind = $4 and owner_id = $5",
    )
    .bind(reseller)
    .bind(tickets.iter().map(|t| t.performance).collect::<Vec<_>>())
    .bind(tickets.iter().map(|t| t.ticket).collect::<Vec<_>>())
    .bind(owner.kind())
    .bind(owner.id())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// How often slots are looked for anew when others were faster.
const TRIES_MAX: u32 = 8;

/// Gives each of an owner's tickets a slot of each limit that it falls under, all or none: for a transaction outside the lanes.
///
/// # Errors
/// What the limit that is full refuses; `busy`; the database's.
pub async fn reserve(
    tx: &mut TenantTx,
    starts: &Starts,
    owner: Owner,
    wanted: &[(Limit, HeldTicket)],
    (now, until): (Instant, Instant),
) -> Result<()> {
    reserve_all(tx, starts, &[Limited { owner, until, tickets: wanted.to_vec() }], now).await
}

/// The limits that an owner's tickets fall under until a time.
#[derive(Debug)]
pub struct Limited {
    /// Whose tickets.
    pub owner: Owner,
    /// Until when.
    pub until: Instant,
    /// Each limit with the ticket that falls under it.
    pub tickets: Vec<(Limit, HeldTicket)>,
}

/// The same for many owners; all or none.
///
/// # Errors
/// As [`reserve`].
pub async fn reserve_all(tx: &mut TenantTx, starts: &Starts, wanted: &[Limited], now: Instant) -> Result<()> {
    let mut needs = Needs::default();
    wanted.iter().flat_map(|limited| &limited.tickets).for_each(|(limit, _)| needs.add(*limit, 1));
    if needs.is_empty() {
        return Ok(());
    }
    for _ in 0..TRIES_MAX {
        let mut rooms = free(tx, &needs, starts, now).await?;
        let mut slots: Vec<WantedSlot> = Vec::new();
        for Limited { owner, until, tickets } in wanted {
            match rooms.give(tickets) {
                Ok(given) => {
                    let slot = |slot| WantedSlot { owner: *owner, slot, until: *until };
                    slots.extend(given.into_iter().map(slot));
                }
                Err(NoSlot::Full(limit, left)) => return Err(limit.full(left).into()),
                // Others of these owners have what was left.
                Err(NoSlot::Undecided) => return Err(busy().into()),
            }
        }
        if take_or_undo(tx, &slots, now).await? {
            return Ok(());
        }
    }
    Err(busy().into())
}

/// Takes them all or none. Gives whether they were had.
async fn take_or_undo(tx: &mut TenantTx, wanted: &[WantedSlot], now: Instant) -> Result<bool, sqlx::Error> {
    if take(tx, wanted, now).await?.len() == wanted.len() {
        return Ok(true);
    }
    undo(tx, wanted).await?;
    Ok(false)
}

fn busy() -> Refusal {
    let detail = "Others are taking what is left of it at the same time; try again with the same key.";
    Refusal::new(Code::Busy, detail).with_retry_after(Duration::from_secs(1))
}

/// Takes an owner's slots, all or none. Gives whether they were had.
///
/// # Errors
/// The database's own.
pub async fn take_all(
    tx: &mut TenantTx,
    owner: Owner,
    slots: &[Slot],
    (now, until): (Instant, Instant),
) -> Result<bool, sqlx::Error> {
    if slots.is_empty() {
        return Ok(true);
    }
    let wanted: Vec<WantedSlot> = slots.iter().map(|slot| WantedSlot { owner, slot: *slot, until }).collect();
    take_or_undo(tx, &wanted, now).await
}

/// Whose everybody's slots of a limit are that are taken: the first so many holds, and as many orders, in the order of their ids.
///
/// # Errors
/// The database's own.
pub async fn owners(
    tx: &mut TenantTx,
    limit: Uuid,
    now: Instant,
    first: i64,
) -> Result<(Vec<HoldId>, Vec<OrderId>), sqlx::Error> {
    let reseller = tx.reseller();
    let mut owners = [Vec::new(), Vec::new()];
    for (kind, ids) in ["hold", "order"].into_iter().zip(&mut owners) {
        *ids = sqlx::query_scalar(
            "select distinct owner_id from slots
             where reseller_id = $1 and limit_id = $2 and subject = '' and owner_kind = $3 and expires_at > $4
             order by owner_id limit $5",
        )
        .bind(reseller)
        .bind(limit)
        .bind(kind)
        .bind(now)
        .bind(first)
        .fetch_all(tx.conn())
        .await?;
    }
    let [holds, orders] = owners;
    Ok((holds.into_iter().map(HoldId::from_uuid).collect(), orders.into_iter().map(OrderId::from_uuid).collect()))
}

/// Makes everybody's slots of a limit fit a new maximum: those numbered beyond it move below. Nobody may be taking any. Gives
/// how many are taken if that is more than the maximum; nothing is changed then.
///
/// # Errors
/// The database's own.
pub async fn fit(tx: &mut TenantTx, id: Uuid, max: i32, now: Instant) -> Result<Option<i64>, sqlx::Error> {
    let reseller = tx.reseller();
    let taken: i64 = sqlx::query_scalar(
        "select count(*) from slots where reseller_id = $1 and limit_id = $2 and subject = '' and expires_at > $3",
    )
    .bind(reseller)
    .bind(id)
    .bind(now)
    .fetch_one(tx.conn())
    .await?;
    if taken > i64::from(max) {
        return Ok(Some(taken));
    }
    sqlx::query("delete from slots where reseller_id = $1 and limit_id = $2 and subject = '' and expires_at <= $3")
        .bind(reseller)
        .bind(id)
        .bind(now)
        .execute(tx.conn())
        .await?;
    sqlx::query(
        "with beyond as (
             select slot, row_number() over (order by slot) as nth from slots
             where reseller_id = $1 and limit_id = $2 and subject = '' and slot >= $3),
         free as (
             select g.slot, row_number() over (order by g.slot) as nth from generate_series(0, $3 - 1) as g (slot)
             where not exists (
                 select from slots s where s.reseller_id = $1 and s.limit_id = $2 and s.subject = '' and s.slot = g.slot))
         update slots s set slot = free.slot, maximum = $3 from beyond join free using (nth)
         where s.reseller_id = $1 and s.limit_id = $2 and s.subject = '' and s.slot = beyond.slot",
    )
    .bind(reseller)
    .bind(id)
    .bind(max)
    .execute(tx.conn())
    .await?;
    sqlx::query("update slots set maximum = $3 where reseller_id = $1 and limit_id = $2 and subject = ''")
        .bind(reseller)
        .bind(id)
        .bind(max)
        .execute(tx.conn())
        .await?;
    Ok(None)
}

/// Of each of these limits whether an order has a slot of it for this ticket.
///
/// # Errors
/// The database's own.
pub async fn has(
    tx: &mut TenantTx,
    order: OrderId,
    ticket: HeldTicket,
    limits: &[Limit],
) -> Result<Vec<bool>, sqlx::Error> {
    if limits.is_empty() {
        return Ok(Vec::new());
    }
    let reseller = tx.reseller();
    sqlx::query_scalar(
        "select exists (
             select from slots s
             where s.reseller_id = $1 and s.limit_id = l.limit_id and s.subject = l.subject and s.performance_id = $3
               and s.ticket_id = $4 and s.owner_kind = 'order' and s.owner_id = $2 and s.expires_at > '-infinity')
         from unnest($5::uuid[], $6::bytea[]) with ordinality as l (limit_id, subject, nth) order by l.nth",
    )
    .bind(reseller)
    .bind(order)
    .bind(ticket.performance)
    .bind(ticket.ticket)
    .bind(limits.iter().map(|limit| limit.id).collect::<Vec<Uuid>>())
    .bind(limits.iter().map(|limit| limit.subject.bytes()).collect::<Vec<&[u8]>>())
    .fetch_all(tx.conn())
    .await
}

/// Makes the slots of these limits that an order has for a ticket those of another ticket that it has instead.
///
/// # Errors
/// The database's own.
pub async fn carry_over(
    tx: &mut TenantTx,
    order: OrderId,
    from: HeldTicket,
    to: HeldTicket,
    limits: &[Limit],
) -> Result<(), sqlx::Error> {
    if limits.is_empty() {
        return Ok(());
    }
    let reseller = tx.reseller();
    sqlx::query(
        "update slots s set performance_id = $5, ticket_id = $6 from unnest($7::uuid[], $8::bytea[]) as l (limit_id, subject)
         where s.reseller_id = $1 and s.limit_id = l.limit_id and s.subject = l.subject and s.performance_id = $3
           and s.ticket_id = $4 and s.owner_kind = 'order' and s.owner_id = $2 and s.expires_at > '-infinity'",
    )
    .bind(reseller)
    .bind(order)
    .bind(from.performance)
    .bind(from.ticket)
    .bind(to.performance)
    .bind(to.ticket)
    .bind(limits.iter().map(|limit| limit.id).collect::<Vec<Uuid>>())
    .bind(limits.iter().map(|limit| limit.subject.bytes()).collect::<Vec<&[u8]>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Brings the slots that an order has in step with its claims, and frees those of a buyer whom it is no longer for.
///
/// # Errors
/// The database's own.
pub async fn follow(
    tx: &mut TenantTx,
    order: OrderId,
    tickets: &[HeldTicket],
    no_longer: Option<Subject>,
) -> Result<(), sqlx::Error> {
    let reseller = tx.reseller();
    sqlx::query(
        "update slots s set expires_at = case when s.subject = $5 then '-infinity' else c.expires_at end
         from claims c
         where s.reseller_id = $1 and s.performance_id = any($3) and s.ticket_id = any($4)
           and s.owner_kind = 'order' and s.owner_id = $2 and s.expires_at > '-infinity'
           and c.reseller_id = $1 and c.performance_id = s.performance_id and c.ticket_id = s.ticket_id
           and c.owner_kind = 'order' and c.owner_id = $2",
    )
    .bind(reseller)
    .bind(order)
    .bind(tickets.iter().map(|t| t.performance).collect::<Vec<_>>())
    .bind(tickets.iter().map(|t| t.ticket).collect::<Vec<_>>())
    .bind(no_longer.as_ref().map(Subject::bytes))
    .execute(tx.conn())
    .await?;
    Ok(())
}
