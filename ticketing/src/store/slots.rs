//! The slots of limits: which are free, and taking them. What follows (more time, an order, release, refund) they do with the
//! claim of their ticket, in the same statement of [`super::claims`].
//!
//! Slots are locked after the performances and before the claims, sorted.

use std::time::Duration;

use foundation::{Code, Instant, Refusal, Result, TenantTx, id::OrderId};
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

/// Reads free slots for what is needed, as many as that at most. What has been lowered since it was taken counts in full: a
/// limit gives what it has left, not what is unnumbered below it.
///
/// # Errors
/// The database's own.
pub async fn free(tx: &mut TenantTx, needs: &Needs, now: Instant) -> Result<Rooms, sqlx::Error> {
    let mut rooms = Rooms::default();
    if needs.is_empty() {
        return Ok(rooms);
    }
    let reseller = tx.reseller();
    // Lowest first, so that of two who look at once, both want the same and one of them loses: each looks again, and what
    // is over the limit has been seen by then. Looked up one by one; a limit has few slots below its first free ones.
    let rows: Vec<(i64, Vec<i32>, i64)> = sqlx::query_as(
        "select w.nth, array(
                 select g.slot from (select generate_series(0, w.max - 1) as slot) g
                 where not coalesce((
                     select s.expires_at > $6 from slots s
                     where s.reseller_id = $1 and s.limit_id = w.limit_id and s.subject = w.subject and s.slot = g.slot), false)
                 limit w.needed + beyond.many), beyond.many
         from unnest($2::uuid[], $3::bytea[], $4::int[], $5::bigint[]) with ordinality
                 as w (limit_id, subject, max, needed, nth)
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
    .fetch_all(tx.conn())
    .await?;
    let limits: Vec<Limit> = needs.iter().map(|(limit, _)| *limit).collect();
    for (nth, mut free, beyond) in rows {
        let many = free.len().saturating_sub(usize::try_from(beyond).unwrap_or(usize::MAX));
        free.truncate(many);
        if let Some(limit) = usize::try_from(nth - 1).ok().and_then(|nth| limits.get(nth)) {
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
    owner: Owner,
    wanted: &[(Limit, HeldTicket)],
    until: Instant,
    now: Instant,
) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let mut needs = Needs::default();
    wanted.iter().for_each(|(limit, _)| needs.add(*limit, 1));
    for _ in 0..TRIES_MAX {
        let mut rooms = free(tx, &needs, now).await?;
        let slots = match rooms.give(wanted) {
            Ok(slots) => slots,
            Err(NoSlot::Full(limit, left)) => return Err(limit.full(left).into()),
            // Nobody else asks in these rooms.
            Err(NoSlot::Undecided) => break,
        };
        let wanted: Vec<WantedSlot> = slots.into_iter().map(|slot| WantedSlot { owner, slot, until }).collect();
        if take(tx, &wanted, now).await?.len() == wanted.len() {
            return Ok(());
        }
        undo(tx, &wanted).await?;
    }
    let detail = "Others are taking what is left of it at the same time; try again with the same key.";
    Err(Refusal::new(Code::Busy, detail).with_retry_after(Duration::from_secs(1)).into())
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
