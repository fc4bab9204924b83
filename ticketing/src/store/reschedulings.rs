//! The SQL of reschedulings and of the orders that they are about.

use foundation::{
    Code, Instant, Refusal, Result, TenantTx,
    id::{OrderId, PerformanceId, RefundId, ReschedulingId},
    refusal::OnConstraint,
};
use rust_decimal::Decimal;

use super::known;
use crate::rules::{
    choice::ChoiceState,
    letter::ReturnReason,
    rescheduling::{Decision, OrderDecision, Progress, Rescheduling},
};

#[derive(sqlx::FromRow)]
struct Row {
    rescheduling_id: ReschedulingId,
    performance_id: PerformanceId,
    state: String,
    starts_before: Instant,
    starts_at: Instant,
    decide_by: Instant,
    default_decision: String,
    created_at: Instant,
    version: i64,
}

impl Row {
    fn rescheduling(self) -> Result<Rescheduling> {
        Ok(Rescheduling {
            id: self.rescheduling_id,
            performance: self.performance_id,
            state: known("a rescheduling's state", &self.state, ChoiceState::parse(&self.state))?,
            starts_before: self.starts_before,
            starts_at: self.starts_at,
            decide_by: self.decide_by,
            default: known("a decision", &self.default_decision, Decision::parse(&self.default_decision))?,
            created_at: self.created_at,
            version: self.version,
        })
    }
}

/// Writes one; the worker sees to it at once.
///
/// # Errors
/// `rescheduling_under_way` if the performance has one that is not done; the database's.
pub async fn insert(tx: &mut TenantTx, new: &Rescheduling) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into reschedulings (reseller_id, rescheduling_id, performance_id, state, starts_before, starts_at, decide_by,
                                    default_decision, due_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
    )
    .bind(reseller)
    .bind(new.id)
    .bind(new.performance)
    .bind(new.state.as_str())
    .bind(new.starts_before)
    .bind(new.starts_at)
    .bind(new.decide_by)
    .bind(new.default.as_str())
    .bind(new.created_at)
    .execute(tx.conn())
    .await
    .on_constraint("reschedulings_one_open_key", || {
        let detail = "The performance was rescheduled before and its buyers are still choosing; wait until that is done.";
        Refusal::new(Code::ReschedulingUnderWay, detail)
    })?;
    Ok(())
}

/// The rescheduling of this id.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get(tx: &mut TenantTx, id: ReschedulingId) -> Result<Rescheduling> {
    let reseller = tx.reseller();
    let row: Option<Row> = sqlx::query_as(
        "select rescheduling_id, performance_id, state, starts_before, starts_at, decide_by, default_decision, created_at, version
         from reschedulings where reseller_id = $1 and rescheduling_id = $2",
    )
    .bind(reseller)
    .bind(id)
    .fetch_optional(tx.conn())
    .await?;
    row.ok_or_else(|| Refusal::missing("rescheduling"))?.rescheduling()
}

/// Ends the one of a performance that is not done, because the performance will not take place.
///
/// # Errors
/// The database's.
pub async fn end(tx: &mut TenantTx, performance: PerformanceId) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "update reschedulings set state = 'done', version = version + 1
         where reseller_id = $1 and performance_id = $2 and state <> 'done'",
    )
    .bind(reseller)
    .bind(performance)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes what was decided, unless the tickets were given back before. Gives whether it was so.
///
/// # Errors
/// The database's.
pub async fn decide(tx: &mut TenantTx, id: ReschedulingId, decided: &OrderDecision) -> Result<bool> {
    let reseller = tx.reseller();
    let written = sqlx::query(
        "update rescheduling_orders set decision = $4, by_default = $5, refund_id = $6, problem = $7, decided_at = $8
         where reseller_id = $1 and rescheduling_id = $2 and order_id = $3 and decision is distinct from 'refund'
           and (decision is null or not $5)",
    )
    .bind(reseller)
    .bind(id)
    .bind(decided.order)
    .bind(decided.decision.map(Decision::as_str))
    .bind(decided.by_default)
    .bind(decided.refund)
    .bind(&decided.problem)
    .bind(decided.decided_at)
    .execute(tx.conn())
    .await?;
    Ok(written.rows_affected() == 1)
}

/// What was decided about an order of it, if anything was; none if the order is not in it.
///
/// # Errors
/// The database's.
pub async fn decision(tx: &mut TenantTx, id: ReschedulingId, order: OrderId) -> Result<Option<Option<Decision>>> {
    let reseller = tx.reseller();
    let found: Option<Option<String>> = sqlx::query_scalar(
        "select decision from rescheduling_orders where reseller_id = $1 and rescheduling_id = $2 and order_id = $3",
    )
    .bind(reseller)
    .bind(id)
    .bind(order)
    .fetch_optional(tx.conn())
    .await?;
    let read = |word: String| known("a decision", &word, Decision::parse(&word));
    found.map(|word| word.map(read).transpose()).transpose()
}

/// A page of its orders.
///
/// # Errors
/// The database's.
pub async fn orders(
    tx: &mut TenantTx,
    id: ReschedulingId,
    after: Option<OrderId>,
    limit: i64,
) -> Result<Vec<OrderDecision>> {
    type Told = (OrderId, Option<String>, bool, Option<RefundId>, Option<String>, Option<Instant>);
    let reseller = tx.reseller();
    let rows: Vec<Told> = sqlx::query_as(
        "select order_id, decision, by_default, refund_id, problem, decided_at from rescheduling_orders
         where reseller_id = $1 and rescheduling_id = $2 and ($3::uuid is null or order_id > $3) order by order_id limit $4",
    )
    .bind(reseller)
    .bind(id)
    .bind(after)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    let read = |(order, decision, by_default, refund, problem, decided_at): Told| {
        let decision = decision.map(|word| known("a decision", &word, Decision::parse(&word))).transpose()?;
        Ok(OrderDecision { order, decision, by_default, refund, problem, decided_at })
    };
    rows.into_iter().map(read).collect()
}

/// How many orders stand how.
///
/// # Errors
/// The database's.
pub async fn progress(tx: &mut TenantTx, id: ReschedulingId) -> Result<Progress> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select count(*) as told, count(*) filter (where decision is null) as open,
                count(*) filter (where decision is null and problem is not null) as retrying,
                count(*) filter (where decision = 'keep') as kept, count(*) filter (where decision = 'refund') as refunded,
                count(*) filter (where decision is not null and problem is not null) as problems
         from rescheduling_orders where reseller_id = $1 and rescheduling_id = $2",
    )
    .bind(reseller)
    .bind(id)
    .fetch_one(tx.conn())
    .await?)
}

/// Who and what has to do with a performance now.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub struct Concerned {
    /// Paid orders with good tickets.
    pub orders: i64,
    /// Those tickets.
    pub tickets: i64,
    /// What goes back for them by each order's refund policy, in the show's currency.
    pub refundable: Decimal,
    /// What was paid for them, fees and all, in the show's currency.
    pub paid: Decimal,
    /// Of the orders, those whose payment is disputed.
    pub disputed_orders: i64,
    /// Tickets with which somebody has entered.
    pub used_tickets: i64,
    /// Unpaid orders.
    pub unpaid_orders: i64,
    /// Holds.
    pub holds: i64,
}

/// Counts who has to do with each of these performances now, in their order. What goes back for all of them together is no more than is
/// left of an order: the earlier ones have their part of it first.
///
/// # Errors
/// The database's.
pub async fn concerned(tx: &mut TenantTx, performances: &[PerformanceId], now: Instant) -> Result<Vec<Concerned>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "with named as (select performance_id, nth from unnest($2::uuid[]) with ordinality as n (performance_id, nth)),
         mine as (
             select n.nth, o.order_id, o.state,
                    count(*) filter (where i.credential in ('issued', 'suspended')) as good,
                    count(*) filter (where i.credential = 'checked_in') as used,
                    coalesce(sum(case o.refund_policy when 'fees_kept' then i.face_value else i.total end)
                             filter (where i.credential in ('issued', 'suspended')), 0) as own,
                    -- The same with every fee.
                    coalesce(sum(i.total) filter (where i.credential in ('issued', 'suspended')), 0) as whole,
                    greatest(o.total - (select coalesce(sum(r.amount), 0) from refunds r
                                        where r.reseller_id = $1 and r.order_id = o.order_id and r.state <> 'failed'
                                          and not (r.item_nos = '{}' and r.reason = any($4))), 0) as remains,
                    exists (select from disputes d where d.reseller_id = $1 and d.order_id = o.order_id
                              and d.state in ('needs_response', 'under_review', 'lost')) as disputed
             from named n
             join order_items i on i.reseller_id = $1 and i.performance_id = n.performance_id
             join orders o on o.reseller_id = $1 and o.order_id = i.order_id
             group by n.nth, o.order_id, o.state, o.total),
         told as (
             select nth, state, good, used, disputed, state = 'paid' and good > 0 as paid,
                    -- What is disputed is not given back.
                    case when disputed then 0 else least(sum(own) over so_far, remains) - least(sum(own) over so_far - own, remains)
                    end as refundable,
                    case when disputed then 0 else least(sum(whole) over so_far, remains) - least(sum(whole) over so_far - whole, remains)
                    end as worth
             from mine window so_far as (partition by order_id order by nth))
         select count(*) filter (where paid) as orders, coalesce(sum(good) filter (where paid), 0)::bigint as tickets,
                coalesce(sum(refundable) filter (where paid), 0) as refundable,
                coalesce(sum(worth) filter (where paid), 0) as paid,
                count(*) filter (where paid and disputed) as disputed_orders, coalesce(sum(used), 0)::bigint as used_tickets,
                count(*) filter (where state in ('awaiting_payment', 'processing')) as unpaid_orders,
                (select count(distinct c.owner_id) from claims c
                 where c.reseller_id = $1 and c.performance_id = n.performance_id and c.owner_kind = 'hold'
                   and c.expires_at > $3) as holds
         from named n left join told on told.nth = n.nth
         group by n.nth, n.performance_id order by n.nth",
    )
    .bind(reseller)
    .bind(performances)
    .bind(now)
    .bind([ReturnReason::PaidBefore, ReturnReason::TooLate, ReturnReason::OtherAmount].map(ReturnReason::as_str))
    .fetch_all(tx.conn())
    .await?)
}
