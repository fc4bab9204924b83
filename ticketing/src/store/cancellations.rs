//! The SQL of cancellations, of the orders that they are about, and of the tickets that are kept for those as a replacement. What they
//! have in common with reschedulings is in [`super::choices`].

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use foundation::{
    Code, Instant, Refusal, Result, TenantTx,
    id::{CancellationId, OrderId, PerformanceId, PriceTierId, RefundId, ShowId, TicketId},
    refusal::OnConstraint,
};
use sqlx::types::Json;

use super::known;
use crate::rules::{
    cancellation::{Cancellation, Drawn, OrderRemedy, Progress, Remedy},
    choice::ChoiceState,
    order::OrderItem,
};

#[derive(sqlx::FromRow)]
struct Row {
    cancellation_id: CancellationId,
    performance_id: PerformanceId,
    state: String,
    offered: Vec<String>,
    default_decision: String,
    replacement_id: Option<PerformanceId>,
    replacement_is_cancelled: bool,
    decide_by: Instant,
    created_at: Instant,
    version: i64,
}

fn remedy(word: &str) -> Result<Remedy> {
    known("a remedy", word, Remedy::parse(word))
}

impl Row {
    fn cancellation(self) -> Result<Cancellation> {
        let as_made = Cancellation {
            id: self.cancellation_id,
            performance: self.performance_id,
            state: known("a cancellation's state", &self.state, ChoiceState::parse(&self.state))?,
            offered: self.offered.iter().map(|word| remedy(word)).collect::<Result<_>>()?,
            default: remedy(&self.default_decision)?,
            replacement: self.replacement_id,
            decide_by: self.decide_by,
            created_at: self.created_at,
            version: self.version,
        };
        Ok(if self.replacement_is_cancelled { as_made.without_replacement() } else { as_made })
    }
}

/// Writes one; the worker sees to it at once.
///
/// # Errors
/// `performance_cancelled` if there is one of its performance; the database's.
pub async fn insert(tx: &mut TenantTx, new: &Cancellation) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into cancellations (reseller_id, cancellation_id, performance_id, state, offered, default_decision, replacement_id,
                                    decide_by, due_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
    )
    .bind(reseller)
    .bind(new.id)
    .bind(new.performance)
    .bind(new.state.as_str())
    .bind(new.offered.iter().map(|remedy| remedy.as_str()).collect::<Vec<_>>())
    .bind(new.default.as_str())
    .bind(new.replacement)
    .bind(new.decide_by)
    .bind(new.created_at)
    .execute(tx.conn())
    .await
    .on_constraint("cancellations_once_key", || {
        Refusal::new(Code::PerformanceCancelled, "The performance was cancelled before.")
    })?;
    Ok(())
}

/// The cancellation of this id. What it offers is what can still be had: no tickets of a performance that does not take place either.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get(tx: &mut TenantTx, id: CancellationId) -> Result<Cancellation> {
    let reseller = tx.reseller();
    let row: Option<Row> = sqlx::query_as(
        "select n.cancellation_id, n.performance_id, n.state, n.offered, n.default_decision, n.replacement_id, n.decide_by,
                n.created_at, n.version, coalesce(r.state = 'cancelled', false) as replacement_is_cancelled
         from cancellations n left join performances r on r.reseller_id = $1 and r.performance_id = n.replacement_id
         where n.reseller_id = $1 and n.cancellation_id = $2",
    )
    .bind(reseller)
    .bind(id)
    .fetch_optional(tx.conn())
    .await?;
    row.ok_or_else(|| Refusal::missing("cancellation"))?.cancellation()
}

/// Those of these performances that do not take place.
///
/// # Errors
/// The database's.
pub async fn among(tx: &mut TenantTx, performances: &[PerformanceId]) -> Result<HashSet<PerformanceId>> {
    let reseller = tx.reseller();
    let sql = "select performance_id from performances where reseller_id = $1 and performance_id = any($2) and state = 'cancelled'";
    let cancelled: Vec<PerformanceId> =
        sqlx::query_scalar(sql).bind(reseller).bind(performances).fetch_all(tx.conn()).await?;
    Ok(cancelled.into_iter().collect())
}

/// Takes orders into a locked one that are not in it, or whose buyers could not be told before, with the tickets that are kept for each.
///
/// # Errors
/// `busy` if one of them is in it; the database's.
pub async fn add_orders(
    tx: &mut TenantTx,
    id: CancellationId,
    orders: &[OrderId],
    kept: &[Vec<(i16, TicketId)>],
) -> Result<()> {
    let reseller = tx.reseller();
    // The text of an array each: an array of arrays cannot be of several lengths.
    let items = |kept: &Vec<(i16, TicketId)>| literal(kept.iter().map(|(item, _)| item.to_string()));
    let tickets = |kept: &Vec<(i16, TicketId)>| literal(kept.iter().map(|(_, ticket)| ticket.uuid().to_string()));
    let added = sqlx::query(
        "insert into cancellation_orders (reseller_id, cancellation_id, order_id, kept_items, kept_tickets)
         select $1, $2, order_id, kept_items::smallint[], kept_tickets::uuid[]
         from unnest($3::uuid[], $4::text[], $5::text[]) as o (order_id, kept_items, kept_tickets)
         on conflict (reseller_id, cancellation_id, order_id) do update
             set told = true, problem = null, retry_at = null, kept_items = excluded.kept_items, kept_tickets = excluded.kept_tickets
             where not cancellation_orders.told and cancellation_orders.decision is null",
    )
    .bind(reseller)
    .bind(id)
    .bind(orders)
    .bind(kept.iter().map(items).collect::<Vec<_>>())
    .bind(kept.iter().map(tickets).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    if added.rows_affected() == orders.len() as u64 {
        return Ok(());
    }
    let detail = "Somebody else has told one of these buyers meanwhile; look again.";
    Err(Refusal::new(Code::Busy, detail).with_retry_after(Duration::from_secs(1)).into())
}

fn literal(each: impl Iterator<Item = String>) -> String {
    format!("{{{}}}", each.collect::<Vec<_>>().join(","))
}

/// Writes what an order got, unless it has had something before. Gives whether it was so.
///
/// # Errors
/// The database's.
pub async fn decide(tx: &mut TenantTx, id: CancellationId, decided: &OrderRemedy) -> Result<bool> {
    let reseller = tx.reseller();
    let written = sqlx::query(
        "update cancellation_orders set decision = $4, by_default = $5, refund_id = $6, problem = $7, decided_at = $8
         where reseller_id = $1 and cancellation_id = $2 and order_id = $3 and decision is null",
    )
    .bind(reseller)
    .bind(id)
    .bind(decided.order)
    .bind(decided.decision.map(Remedy::as_str))
    .bind(decided.by_default)
    .bind(decided.refund)
    .bind(&decided.problem)
    .bind(decided.decided_at)
    .execute(tx.conn())
    .await?;
    Ok(written.rows_affected() == 1)
}

/// The cancellations of which an order could not be given what was decided, in the order of their ids.
///
/// # Errors
/// The database's.
pub async fn stuck_of(tx: &mut TenantTx, order: OrderId) -> Result<Vec<CancellationId>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "select cancellation_id from cancellation_orders where reseller_id = $1 and order_id = $2 and problem is not null and decision is not null
         order by cancellation_id",
    )
    .bind(reseller)
    .bind(order)
    .fetch_all(tx.conn())
    .await?)
}

/// Opens an order of a locked one again that could not be given what was decided; nothing is kept for it any more. Gives whether it was so.
///
/// # Errors
/// The database's.
pub async fn reopen(tx: &mut TenantTx, id: CancellationId, order: OrderId) -> Result<bool> {
    let reseller = tx.reseller();
    let written = sqlx::query(
        "update cancellation_orders
         set decision = null, by_default = false, problem = null, retry_at = null, decided_at = null, kept_items = '{}', kept_tickets = '{}'
         where reseller_id = $1 and cancellation_id = $2 and order_id = $3 and problem is not null and decision is not null and refund_id is null",
    )
    .bind(reseller)
    .bind(id)
    .bind(order)
    .execute(tx.conn())
    .await?;
    Ok(written.rows_affected() == 1)
}

#[derive(sqlx::FromRow)]
struct OrderRow {
    order_id: OrderId,
    decision: Option<String>,
    by_default: bool,
    refund_id: Option<RefundId>,
    problem: Option<String>,
    kept_items: Vec<i16>,
    kept_tickets: Vec<TicketId>,
    decided_at: Option<Instant>,
}

impl OrderRow {
    fn remedy(self) -> Result<OrderRemedy> {
        let decided = self.decision.is_some();
        let kept = self.kept_items.into_iter().zip(self.kept_tickets);
        Ok(OrderRemedy {
            order: self.order_id,
            decision: self.decision.map(|word| remedy(&word)).transpose()?,
            by_default: self.by_default,
            refund: self.refund_id,
            problem: self.problem,
            kept: if decided { Vec::new() } else { kept.collect() },
            decided_at: self.decided_at,
        })
    }
}

/// An order of it, if it is one whose buyer was told.
///
/// # Errors
/// The database's.
pub async fn order(tx: &mut TenantTx, id: CancellationId, order: OrderId) -> Result<Option<OrderRemedy>> {
    read_order(
        tx,
        "select order_id, decision, by_default, refund_id, problem, kept_items, kept_tickets, decided_at from cancellation_orders
         where reseller_id = $1 and cancellation_id = $2 and order_id = $3",
        (id, order),
    )
    .await
}

/// The same, locked against another outcome. Taken after the cancellation and before claims.
///
/// # Errors
/// The database's.
pub async fn lock_order(tx: &mut TenantTx, id: CancellationId, order: OrderId) -> Result<Option<OrderRemedy>> {
    read_order(
        tx,
        "select order_id, decision, by_default, refund_id, problem, kept_items, kept_tickets, decided_at from cancellation_orders
         where reseller_id = $1 and cancellation_id = $2 and order_id = $3 for update",
        (id, order),
    )
    .await
}

async fn read_order(
    tx: &mut TenantTx,
    sql: &'static str,
    (id, order): (CancellationId, OrderId),
) -> Result<Option<OrderRemedy>> {
    let reseller = tx.reseller();
    let row: Option<OrderRow> =
        sqlx::query_as(sql).bind(reseller).bind(id).bind(order).fetch_optional(tx.conn()).await?;
    row.map(OrderRow::remedy).transpose()
}

/// A page of its orders.
///
/// # Errors
/// The database's.
pub async fn orders(
    tx: &mut TenantTx,
    id: CancellationId,
    after: Option<OrderId>,
    limit: i64,
) -> Result<Vec<OrderRemedy>> {
    let reseller = tx.reseller();
    let rows: Vec<OrderRow> = sqlx::query_as(
        "select order_id, decision, by_default, refund_id, problem, kept_items, kept_tickets, decided_at from cancellation_orders
         where reseller_id = $1 and cancellation_id = $2 and ($3::uuid is null or order_id > $3) order by order_id limit $4",
    )
    .bind(reseller)
    .bind(id)
    .bind(after)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(OrderRow::remedy).collect()
}

/// How many orders stand how.
///
/// # Errors
/// The database's.
pub async fn progress(tx: &mut TenantTx, id: CancellationId) -> Result<Progress> {
    progress_of(tx, &[id]).await
}

/// Of these items, by their place in the list, those whose very seat is free in another performance, in a tier of the same name that is
/// sold for the same ticket type, with that tier and their ordinal in it. The tickets are locked against being deleted or set aside meanwhile.
///
/// # Errors
/// The database's.
pub async fn same_seats(
    tx: &mut TenantTx,
    to: PerformanceId,
    items: &[&OrderItem],
    now: Instant,
) -> Result<Vec<(usize, TicketId, (PriceTierId, i32))>> {
    let reseller = tx.reseller();
    let rows: Vec<(i64, TicketId, PriceTierId, i32)> = sqlx::query_as(
        "select w.nth, t.ticket_id, t.price_tier_id, t.ordinal
         from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) with ordinality
             as w (price_tier, ticket_type, section, row_label, seat_label, nth)
         join tickets t on t.reseller_id = $1 and t.performance_id = $2 and t.section = w.section and t.row_label = w.row_label
             and t.seat_label = w.seat_label
         join price_tiers pt on pt.reseller_id = $1 and pt.performance_id = $2 and pt.price_tier_id = t.price_tier_id
             and pt.name = w.price_tier
         join performances p on p.reseller_id = $1 and p.performance_id = $2
         join ticket_types tt on tt.reseller_id = $1 and tt.show_id = p.show_id and tt.name = w.ticket_type
         join offers o on o.reseller_id = $1 and o.performance_id = $2 and o.price_tier_id = t.price_tier_id
             and o.ticket_type_id = tt.ticket_type_id
         left join lateral (select true as taken from claims c where c.reseller_id = $1 and c.performance_id = $2
                              and c.ticket_id = t.ticket_id and c.expires_at > $8 limit 1) c on true
         where c.taken is null and t.block_id is null order by w.nth for share of t",
    )
    .bind(reseller)
    .bind(to)
    .bind(items.iter().map(|item| item.price_tier.as_str()).collect::<Vec<_>>())
    .bind(items.iter().map(|item| item.ticket_type.as_str()).collect::<Vec<_>>())
    .bind(items.iter().map(|item| item.place.section.as_str()).collect::<Vec<_>>())
    .bind(items.iter().map(|item| item.place.row.as_deref()).collect::<Vec<_>>())
    .bind(items.iter().map(|item| item.place.seat.as_deref()).collect::<Vec<_>>())
    .bind(now)
    .fetch_all(tx.conn())
    .await?;
    let found = |(nth, ticket, tier, ordinal): (i64, TicketId, PriceTierId, i32)| {
        Some((usize::try_from(nth - 1).ok()?, ticket, (tier, ordinal)))
    };
    Ok(rows.into_iter().filter_map(found).collect())
}

/// The tier of this name of another performance, if it is sold for this ticket type.
///
/// # Errors
/// The database's.
pub async fn equal_tier(
    tx: &mut TenantTx,
    to: PerformanceId,
    (price_tier, ticket_type): (&str, &str),
) -> Result<Option<PriceTierId>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "select pt.price_tier_id from price_tiers pt
         join performances p on p.reseller_id = $1 and p.performance_id = $2
         join ticket_types tt on tt.reseller_id = $1 and tt.show_id = p.show_id and tt.name = $4
         join offers o on o.reseller_id = $1 and o.performance_id = $2 and o.price_tier_id = pt.price_tier_id
             and o.ticket_type_id = tt.ticket_type_id
         where pt.reseller_id = $1 and pt.performance_id = $2 and pt.name = $3",
    )
    .bind(reseller)
    .bind(to)
    .bind(price_tier)
    .bind(ticket_type)
    .fetch_optional(tx.conn())
    .await?)
}

/// So many free tickets of a tier but these, in drawing order from after this ordinal on, with their ordinals. They are locked against being
/// deleted or set aside meanwhile. It goes through all that are taken between them: no index knows what is free.
///
/// # Errors
/// The database's.
pub async fn free_of_tier(
    tx: &mut TenantTx,
    (to, tier): (PerformanceId, PriceTierId),
    after: i32,
    but: &[TicketId],
    limit: usize,
    now: Instant,
) -> Result<Vec<(TicketId, i32)>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select t.ticket_id, t.ordinal from tickets t
         left join lateral (select true as taken from claims c where c.reseller_id = $1 and c.performance_id = $2
                              and c.ticket_id = t.ticket_id and c.expires_at > $4 limit 1) c on true
         where t.reseller_id = $1 and t.performance_id = $2 and t.price_tier_id = $3 and t.ordinal > $5
           and c.taken is null and t.block_id is null and t.ticket_id <> all($6)
         order by t.ordinal limit $7 for share of t",
    )
    .bind(reseller)
    .bind(to)
    .bind(tier)
    .bind(now)
    .bind(after)
    .bind(but)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(tx.conn())
    .await?)
}

/// How far the replacement's tiers have been gone through for equal tickets.
///
/// # Errors
/// The database's.
pub async fn drawn(tx: &mut TenantTx, id: CancellationId) -> Result<BTreeMap<PriceTierId, Drawn>> {
    let reseller = tx.reseller();
    let sql = "select drawn from cancellations where reseller_id = $1 and cancellation_id = $2";
    let Json(drawn) = sqlx::query_scalar(sql).bind(reseller).bind(id).fetch_one(tx.conn()).await?;
    Ok(drawn)
}

/// Notes it, on a locked one.
///
/// # Errors
/// The database's.
pub async fn set_drawn(tx: &mut TenantTx, id: CancellationId, drawn: &BTreeMap<PriceTierId, Drawn>) -> Result<()> {
    let reseller = tx.reseller();
    let sql = "update cancellations set drawn = $3 where reseller_id = $1 and cancellation_id = $2";
    sqlx::query(sql).bind(reseller).bind(id).bind(Json(drawn)).execute(tx.conn()).await?;
    Ok(())
}

/// How many good tickets of a performance have an equal one that is free in another: per tier and ticket type no more than there are.
///
/// # Errors
/// The database's.
pub async fn replaceable(tx: &mut TenantTx, from: PerformanceId, to: PerformanceId, now: Instant) -> Result<i64> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        // Each ticket leads to its order and its claim, and only their few kinds are compared: no plan can go through all of one for each of
        // the other.
        "with asked as materialized (
             select i.show_id, i.price_tier, i.ticket_type, count(*) as many from order_items i
             cross join lateral (select from orders o where o.reseller_id = $1 and o.order_id = i.order_id and o.state = 'paid' limit 1) o
             where i.reseller_id = $1 and i.performance_id = $2 and i.credential in ('issued', 'suspended')
             group by i.show_id, i.price_tier, i.ticket_type),
         needed as (
             select pt.price_tier_id, sum(a.many) as many from asked a
             join price_tiers pt on pt.reseller_id = $1 and pt.performance_id = $3 and pt.name = a.price_tier
             join ticket_types tt on tt.reseller_id = $1 and tt.show_id = a.show_id and tt.name = a.ticket_type
             join offers f on f.reseller_id = $1 and f.performance_id = $3 and f.price_tier_id = pt.price_tier_id
                 and f.ticket_type_id = tt.ticket_type_id
             group by pt.price_tier_id)
         select coalesce(sum(least(n.many, free.many)), 0)::bigint from needed n
         cross join lateral (
             select count(*) as many from tickets t
             left join lateral (select true as taken from claims c where c.reseller_id = $1 and c.performance_id = $3
                                  and c.ticket_id = t.ticket_id and c.expires_at > $4 limit 1) c on true
             where t.reseller_id = $1 and t.performance_id = $3 and t.price_tier_id = n.price_tier_id
               and c.taken is null and t.block_id is null) free",
    )
    .bind(reseller)
    .bind(from)
    .bind(to)
    .bind(now)
    .fetch_one(tx.conn())
    .await?)
}

/// The cancellations of a show's performances, in the order of their ids.
///
/// # Errors
/// The database's.
pub async fn of_show(tx: &mut TenantTx, show: ShowId) -> Result<Vec<Cancellation>> {
    let reseller = tx.reseller();
    let rows: Vec<Row> = sqlx::query_as(
        "select n.cancellation_id, n.performance_id, n.state, n.offered, n.default_decision, n.replacement_id, n.decide_by,
                n.created_at, n.version, coalesce(r.state = 'cancelled', false) as replacement_is_cancelled
         from performances p join cancellations n on n.reseller_id = $1 and n.performance_id = p.performance_id
         left join performances r on r.reseller_id = $1 and r.performance_id = n.replacement_id
         where p.reseller_id = $1 and p.show_id = $2 order by n.cancellation_id",
    )
    .bind(reseller)
    .bind(show)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::cancellation).collect()
}

/// How many orders of these cancellations together stand how; an order of two performances counts for each.
///
/// # Errors
/// The database's.
pub async fn progress_of(tx: &mut TenantTx, ids: &[CancellationId]) -> Result<Progress> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select count(*) as told, count(*) filter (where decision is null) as open,
                count(*) filter (where decision is null and problem is not null) as retrying,
                count(*) filter (where problem is null and (decision = 'refund' or decision = 'credit' and refund_id is null)) as refunded,
                count(*) filter (where decision = 'replacement' and problem is null) as replaced,
                count(*) filter (where decision = 'credit' and refund_id is not null and problem is null) as credited,
                count(*) filter (where decision is not null and problem is not null) as problems
         from cancellation_orders where reseller_id = $1 and cancellation_id = any($2)",
    )
    .bind(reseller)
    .bind(ids)
    .fetch_one(tx.conn())
    .await?)
}
