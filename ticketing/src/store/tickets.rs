//! The SQL of tickets: written in bulk, listed in drawing order.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use foundation::{
    Result, TenantTx,
    id::{LayoutId, PerformanceId, PriceTierId, ShowId, TicketId},
    refusal::{Code, OnConstraint, Refusal},
};

use super::{known, performances::price_tiers};
use crate::rules::tickets::{NewTickets, NewTicketsKind, Selection};

/// Rows of one insert: enough that the round trip does not count, few enough that memory does not.
const CHUNK: usize = 10_000;

/// Writes tickets after those that a performance has. Gives how many.
///
/// # Errors
/// `seat_twice` if a seat is there already, or the database's.
pub async fn insert(tx: &mut TenantTx, performance: PerformanceId, new: &[NewTickets]) -> Result<usize> {
    let reseller = tx.reseller();
    let tiers = price_tiers(tx, performance).await?;
    let last: Option<i32> =
        sqlx::query_scalar("select max(ordinal) from tickets where reseller_id = $1 and performance_id = $2")
            .bind(reseller)
            .bind(performance)
            .fetch_one(tx.conn())
            .await?;
    let mut ordinal = last.unwrap_or(0);
    let mut rows = TicketRows::default();
    let mut written = 0;
    for group in new {
        let tier = tiers.iter().find(|(_, name)| *name == group.price_tier).map(|(id, _)| *id);
        let tier = known("a price tier", &group.price_tier, tier)?;
        for (row, seat) in places(&group.kind) {
            ordinal += 1;
            rows.push(tier, &group.section, row, seat, ordinal);
            if rows.ids.len() == CHUNK {
                written += rows.write(tx, performance).await?;
            }
        }
    }
    Ok(written + rows.write(tx, performance).await?)
}

type Labels<'a> = (Option<&'a str>, Option<Cow<'a, str>>);

/// Row and seat of each ticket. What a layout has stands here as its seats.
fn places(kind: &NewTicketsKind) -> Box<dyn Iterator<Item = Labels<'_>> + Send + '_> {
    match kind {
        NewTicketsKind::Places(count) => Box::new((0..*count).map(|_| (None, None))),
        NewTicketsKind::OfLayout(_) => Box::new(std::iter::empty()),
        NewTicketsKind::Rows(rows) => {
            Box::new(rows.iter().flat_map(|(label, seats)| {
                (1..=*seats).map(move |n| (Some(label.as_str()), Some(n.to_string().into())))
            }))
        }
        NewTicketsKind::Seats(rows) => Box::new(rows.iter().flat_map(|(label, seats)| {
            seats.iter().map(move |seat| (Some(label.as_str()), Some(Cow::Borrowed(seat.as_str()))))
        })),
    }
}

/// How many tickets a performance has by section or area; what its layout has shut does not count.
///
/// # Errors
/// The database's.
pub async fn count_by_section(
    tx: &mut TenantTx,
    performance: PerformanceId,
    layout: LayoutId,
) -> Result<HashMap<String, u64>> {
    let reseller = tx.reseller();
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "select t.section, count(*) from all_tickets t
         left join all_claims c on c.reseller_id = $1 and c.performance_id = $2 and c.ticket_id = t.ticket_id
             and c.owner_kind = 'block' and c.owner_id = $3 and c.expires_at = 'infinity'
         where t.reseller_id = $1 and t.performance_id = $2 and c.ticket_id is null group by t.section",
    )
    .bind(reseller)
    .bind(performance)
    .bind(layout)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|(section, count)| (section, count.unsigned_abs())).collect())
}

#[derive(Default)]
struct TicketRows<'a> {
    ids: Vec<TicketId>,
    tiers: Vec<PriceTierId>,
    sections: Vec<&'a str>,
    rows: Vec<Option<&'a str>>,
    seats: Vec<Option<Cow<'a, str>>>,
    ordinals: Vec<i32>,
}

impl<'a> TicketRows<'a> {
    fn push(
        &mut self,
        tier: PriceTierId,
        section: &'a str,
        row: Option<&'a str>,
        seat: Option<Cow<'a, str>>,
        ordinal: i32,
    ) {
        self.ids.push(TicketId::new());
        self.tiers.push(tier);
        self.sections.push(section);
        self.rows.push(row);
        self.seats.push(seat);
        self.ordinals.push(ordinal);
    }

    async fn write(&mut self, tx: &mut TenantTx, performance: PerformanceId) -> Result<usize> {
        let reseller = tx.reseller();
        let chunk = std::mem::take(self);
        let count = chunk.ids.len();
        sqlx::query(
            "insert into tickets (reseller_id, performance_id, ticket_id, price_tier_id, section, row_label, seat_label, ordinal)
             select $1, $2, * from unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::int[])",
        )
        .bind(reseller)
        .bind(performance)
        .bind(chunk.ids)
        .bind(chunk.tiers)
        .bind(chunk.sections)
        .bind(chunk.rows)
        .bind(chunk.seats)
        .bind(chunk.ordinals)
        .execute(tx.conn())
        .await
        .on_constraint("tickets_seat_key", || Refusal::new(Code::SeatTwice, "One of these seats is there already; nothing was created."))?;
        Ok(count)
    }
}

/// Locks the tickets that a selection is about, in drawing order, against all who would claim or change them.
///
/// # Errors
/// `not_found` if one that is named is not there, `invalid_field` if there are none; the database's.
pub async fn lock(tx: &mut TenantTx, performance: PerformanceId, which: &Selection) -> Result<Vec<TicketId>> {
    let reseller = tx.reseller();
    let (named, section, rows, tier) = match which {
        Selection::Named(ids) => (Some(ids), None, None, None),
        Selection::Where { section, rows, price_tier } => (None, section.as_ref(), rows.as_ref(), price_tier.as_ref()),
    };
    let locked: Vec<TicketId> = sqlx::query_scalar(
        "select t.ticket_id from tickets t
         where t.reseller_id = $1 and t.performance_id = $2 and ($3::uuid[] is null or t.ticket_id = any($3))
           and ($4::text is null or t.section = $4) and ($5::text[] is null or t.row_label = any($5))
           and ($6::text is null or t.price_tier_id in (
               select price_tier_id from price_tiers where reseller_id = $1 and performance_id = $2 and name = $6))
         order by t.ordinal for update of t",
    )
    .bind(reseller)
    .bind(performance)
    .bind(named)
    .bind(section)
    .bind(rows)
    .bind(tier)
    .fetch_all(tx.conn())
    .await?;
    if let Some(ids) = named {
        let there: HashSet<&TicketId> = locked.iter().collect();
        if let Some(i) = ids.iter().position(|id| !there.contains(id)) {
            let mut refusal = Refusal::field(format!("/ticket_ids/{i}"), "is not a ticket of this performance");
            refusal.code = Code::NotFound;
            return Err(refusal.into());
        }
    } else if locked.is_empty() {
        let at = if section.is_some() { "/section" } else { "/price_tier" };
        return Err(Refusal::field(at, "has no such tickets in this performance").into());
    }
    Ok(locked)
}

/// Deletes locked tickets.
///
/// # Errors
/// The database's.
pub async fn delete(tx: &mut TenantTx, performance: PerformanceId, ids: &[TicketId]) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query("delete from tickets where reseller_id = $1 and performance_id = $2 and ticket_id = any($3)")
        .bind(reseller)
        .bind(performance)
        .bind(ids)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Puts locked tickets into another tier or section.
///
/// # Errors
/// `seat_twice` if a seat of that name is in the section already; the database's.
pub async fn put(
    tx: &mut TenantTx,
    performance: PerformanceId,
    ids: &[TicketId],
    tier: Option<PriceTierId>,
    section: Option<&str>,
) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "update tickets set price_tier_id = coalesce($4, price_tier_id), section = coalesce($5, section)
         where reseller_id = $1 and performance_id = $2 and ticket_id = any($3)",
    )
    .bind(reseller)
    .bind(performance)
    .bind(ids)
    .bind(tier)
    .bind(section)
    .execute(tx.conn())
    .await
    .on_constraint("tickets_seat_key", || {
        Refusal::new(Code::SeatTwice, "One of these seats is in that section already; nothing was moved.")
    })?;
    Ok(())
}

/// Copies the tickets of a performance to another whose price tiers have the same names, but for what its layout has shut. Gives how many.
///
/// # Errors
/// The database's.
pub async fn copy(tx: &mut TenantTx, from: PerformanceId, to: PerformanceId) -> Result<u64> {
    let reseller = tx.reseller();
    let copied = sqlx::query(
        "insert into tickets (reseller_id, performance_id, ticket_id, price_tier_id, section, row_label, seat_label, ordinal)
         select $1, $3, gen_random_uuid(), its.price_tier_id, t.section, t.row_label, t.seat_label, t.ordinal
         from all_tickets t
         join price_tiers old on old.reseller_id = $1 and old.performance_id = $2 and old.price_tier_id = t.price_tier_id
         join price_tiers its on its.reseller_id = $1 and its.performance_id = $3 and its.name = old.name
         where t.reseller_id = $1 and t.performance_id = $2 and not exists (
             select from all_claims c where c.reseller_id = $1 and c.performance_id = $2 and c.ticket_id = t.ticket_id
               and c.owner_kind = 'block' and c.expires_at = 'infinity'
               and not exists (select from blocks b where b.reseller_id = $1 and b.block_id = c.owner_id))
         order by t.ordinal",
    )
    .bind(reseller)
    .bind(from)
    .bind(to)
    .execute(tx.conn())
    .await?;
    Ok(copied.rows_affected())
}

/// The show's performances that have no ticket.
///
/// # Errors
/// The database's.
pub async fn performances_without(tx: &mut TenantTx, show: ShowId) -> Result<Vec<PerformanceId>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "select p.performance_id from performances p where p.reseller_id = $1 and p.show_id = $2
           and not exists (select from all_tickets t where t.reseller_id = $1 and t.performance_id = p.performance_id)
         order by p.starts_at",
    )
    .bind(reseller)
    .bind(show)
    .fetch_all(tx.conn())
    .await?)
}
