//! What has become due in a cell, over all tenants: ids only, read as the worker role. The work itself is done tenant by
//! tenant, each in a transaction of its own that looks again.

use foundation::{
    Cell, Mode, Result, TenantTx,
    id::{
        BlockId, CancellationId, CreditId, HoldId, OrderId, PaymentId, PayoutId, PerformanceId, RefundId,
        ReschedulingId, ResellerId, SaleRoundId,
    },
};
use sqlx::AssertSqlSafe;

use crate::rules::retry::pause_after;

/// The most that one look gives of a kind.
pub const PAGE: i64 = 2_000;
/// The most performances of which one look archives a page each.
const ARCHIVE_PAGE: i64 = 20;

/// Active holds whose time is up, by their tenants' clocks.
///
/// # Errors
/// The database's.
pub async fn holds(cell: &Cell) -> Result<Vec<(ResellerId, HoldId)>> {
    Ok(sqlx::query_as(
        "select h.reseller_id, h.hold_id from holds h where h.state = 'active' and h.expires_at <= clock_timestamp()
         union
         select h.reseller_id, h.hold_id from test_clocks c join holds h on h.reseller_id = c.reseller_id
         where h.state = 'active' and h.expires_at <= clock_timestamp() + c.ahead
         limit $1",
    )
    .bind(PAGE)
    .fetch_all(cell.workers())
    .await?)
}

/// Unpaid orders that are to be looked at because their deadline has passed, by their tenants' clocks.
///
/// # Errors
/// The database's.
pub async fn orders(cell: &Cell) -> Result<Vec<(ResellerId, Mode, OrderId)>> {
    Ok(sqlx::query_as(
        "select o.reseller_id, t.mode, o.order_id from orders o join tenants t using (reseller_id)
         where o.state in ('awaiting_payment', 'processing') and o.due_at <= clock_timestamp()
         union
         select o.reseller_id, t.mode, o.order_id
         from test_clocks c join orders o using (reseller_id) join tenants t using (reseller_id)
         where o.state in ('awaiting_payment', 'processing') and o.due_at <= clock_timestamp() + c.ahead
         limit $1",
    )
    .bind(PAGE)
    .fetch_all(cell.workers())
    .await?)
}

/// Performances whose reseller has ended what buyers had begun.
///
/// # Errors
/// The database's.
pub async fn checkouts(cell: &Cell) -> Result<Vec<(ResellerId, Mode, PerformanceId)>> {
    Ok(sqlx::query_as(
        "select p.reseller_id, t.mode, p.performance_id from performances p join tenants t using (reseller_id)
         where p.checkouts_due limit $1",
    )
    .bind(PAGE)
    .fetch_all(cell.workers())
    .await?)
}

/// Reschedulings that go on now, by their tenants' clocks.
///
/// # Errors
/// The database's.
pub async fn reschedulings(cell: &Cell) -> Result<Vec<(ResellerId, ReschedulingId)>> {
    Ok(sqlx::query_as(
        "select r.reseller_id, r.rescheduling_id from reschedulings r left join test_clocks c using (reseller_id)
         where r.state <> 'done' and r.due_at <= clock_timestamp() + coalesce(c.ahead, interval '0')
         order by r.due_at limit $1",
    )
    .bind(PAGE)
    .fetch_all(cell.workers())
    .await?)
}

/// Performances that are on sale, by their tenants' clocks, of which that was not told yet.
///
/// # Errors
/// The database's.
pub async fn on_sale(cell: &Cell) -> Result<Vec<(ResellerId, PerformanceId)>> {
    Ok(sqlx::query_as(
        "select p.reseller_id, p.performance_id
         from performances p
         join shows s on s.reseller_id = p.reseller_id and s.show_id = p.show_id and s.state = 'published'
         left join test_clocks c on c.reseller_id = p.reseller_id
         cross join (select clock_timestamp() as now) t
         where p.state = 'open' and not p.on_sale_told
           and p.sells_from <= t.now + coalesce(c.ahead, interval '0')
           and p.sells_until > t.now + coalesce(c.ahead, interval '0')
         order by p.sells_from limit $1",
    )
    .bind(PAGE)
    .fetch_all(cell.workers())
    .await?)
}

/// Credits whose time is past and of which something may be left, by their tenants' clocks.
///
/// # Errors
/// The database's.
pub async fn credits(cell: &Cell) -> Result<Vec<(ResellerId, CreditId)>> {
    Ok(sqlx::query_as(
        "select r.reseller_id, r.credit_id from credits r left join test_clocks c using (reseller_id)
         where r.expired_at is null and r.expires_at <= clock_timestamp() + coalesce(c.ahead, interval '0')
         order by r.expires_at limit $1",
    )
    .bind(PAGE)
    .fetch_all(cell.workers())
    .await?)
}

/// Blocks whose time to go back to open sale has come, by their tenants' clocks.
///
/// # Errors
/// The database's.
pub async fn blocks(cell: &Cell) -> Result<Vec<(ResellerId, BlockId)>> {
    Ok(sqlx::query_as(
        "select b.reseller_id, b.block_id from blocks b left join test_clocks c using (reseller_id)
         where b.state = 'active' and b.release_at <= clock_timestamp() + coalesce(c.ahead, interval '0')
         order by b.release_at limit $1",
    )
    .bind(PAGE)
    .fetch_all(cell.workers())
    .await?)
}

/// Performances that are to be archived, or go on being, by their tenants' clocks; at most as many as one look moves a page of. Each
/// tenant's oldest first, looked up by its key.
///
/// # Errors
/// The database's.
pub async fn performances_over(cell: &Cell) -> Result<Vec<(ResellerId, PerformanceId)>> {
    Ok(sqlx::query_as(
        "select over.* from (
             select r.reseller_id, clock_timestamp() + coalesce(c.ahead, interval '0') as now,
                    clock_timestamp() + coalesce(c.ahead, interval '0') - make_interval(days => r.archive_after_days) as ended
             from resellers r left join test_clocks c using (reseller_id)) r
         cross join lateral (
             (select p.reseller_id, p.performance_id from performances p
              where p.reseller_id = r.reseller_id and p.archive_from <= r.ended order by p.archive_from limit $1)
             union
             (select b.reseller_id, b.performance_id from archive_returns b
              where b.reseller_id = r.reseller_id and b.due_at <= r.now limit $1)) over
         limit $1",
    )
    .bind(ARCHIVE_PAGE)
    .fetch_all(cell.workers())
    .await?)
}

/// Holds that ended as long ago as performances are archived after their end, by their tenants' clocks.
///
/// # Errors
/// The database's.
pub async fn holds_ended(cell: &Cell) -> Result<Vec<(ResellerId, HoldId)>> {
    Ok(sqlx::query_as(
        "select h.reseller_id, h.hold_id from (
             select r.reseller_id,
                    clock_timestamp() + coalesce(c.ahead, interval '0') - make_interval(days => r.archive_after_days) as ended
             from resellers r left join test_clocks c using (reseller_id)) r
         cross join lateral (
             select h.reseller_id, h.hold_id from holds h
             where h.reseller_id = r.reseller_id and h.state <> 'active' and h.expires_at <= r.ended
             order by h.expires_at limit $1) h
         limit $1",
    )
    .bind(PAGE)
    .fetch_all(cell.workers())
    .await?)
}

/// Waitlists on which somebody waits, of performances that are sold or are not any more, and whether they are to be looked at in
/// any case, by their tenants' clocks.
///
/// # Errors
/// The database's.
pub async fn waitlists(cell: &Cell) -> Result<Vec<(ResellerId, PerformanceId, bool)>> {
    Ok(sqlx::query_as(
        "select w.reseller_id, w.performance_id,
                w.due_at <= t.now + coalesce(c.ahead, interval '0') or p.off_sale_at <= t.now + coalesce(c.ahead, interval '0')
                    or p.state = 'cancelled' as due
         from waitlists w
         join performances p on p.reseller_id = w.reseller_id and p.performance_id = w.performance_id
         left join test_clocks c on c.reseller_id = w.reseller_id
         cross join (select clock_timestamp() as now) t
         where w.waiting > 0 and p.state in ('open', 'cancelled') order by due desc, w.due_at limit $1",
    )
    .bind(PAGE)
    .fetch_all(cell.workers())
    .await?)
}

/// Performances that have opened and of which somebody is still to be told so.
///
/// # Errors
/// The database's.
pub async fn interest_calls(cell: &Cell) -> Result<Vec<(ResellerId, PerformanceId)>> {
    Ok(sqlx::query_as("select reseller_id, performance_id from interest_calls limit $1")
        .bind(PAGE)
        .fetch_all(cell.workers())
        .await?)
}

/// Sale rounds that have opened and that somebody waits for, by their tenants' clocks: of performances that are sold now, or never again. Who
/// waits for one that is paused or not published is told when it is sold. One without an opening time opens at the latest when the
/// round before it closes.
///
/// # Errors
/// The database's.
pub async fn rounds_opened(cell: &Cell) -> Result<Vec<(ResellerId, PerformanceId, SaleRoundId)>> {
    Ok(sqlx::query_as(
        "select r.reseller_id, r.performance_id, r.sale_round_id
         from (select r.reseller_id, r.performance_id, r.sale_round_id, clock_timestamp() + coalesce(c.ahead, interval '0') as now,
                      coalesce(r.opens_at, (select b.closes_at from sale_rounds b
                                            where b.reseller_id = r.reseller_id and b.performance_id = r.performance_id
                                              and b.position < r.position order by b.position desc limit 1)) as opens_at
               from sale_rounds r left join test_clocks c using (reseller_id) where r.interest_waits) r
         join performances p on p.reseller_id = r.reseller_id and p.performance_id = r.performance_id
         join shows s on s.reseller_id = p.reseller_id and s.show_id = p.show_id
         where r.opens_at <= r.now
           and (p.state = 'cancelled' or p.off_sale_at <= r.now
                or (p.state = 'open' and s.state = 'published' and p.on_sale_at <= r.now))
         order by r.opens_at limit $1",
    )
    .bind(PAGE)
    .fetch_all(cell.workers())
    .await?)
}

/// Cancellations that go on now, by their tenants' clocks.
///
/// # Errors
/// The database's.
pub async fn cancellations(cell: &Cell) -> Result<Vec<(ResellerId, CancellationId)>> {
    Ok(sqlx::query_as(
        "select n.reseller_id, n.cancellation_id from cancellations n left join test_clocks c using (reseller_id)
         where n.state <> 'done' and n.due_at <= clock_timestamp() + coalesce(c.ahead, interval '0')
         order by n.due_at limit $1",
    )
    .bind(PAGE)
    .fetch_all(cell.workers())
    .await?)
}

/// Refunds whose fate at the provider is not known and to be asked for, by their tenants' clocks.
///
/// # Errors
/// The database's.
pub async fn refunds(cell: &Cell) -> Result<Vec<(ResellerId, Mode, RefundId)>> {
    Ok(sqlx::query_as(
        "select r.reseller_id, t.mode, r.refund_id
         from refunds r join tenants t using (reseller_id) left join test_clocks c using (reseller_id)
         where r.state = 'pending'
           and r.due_at <= clock_timestamp() + coalesce(c.ahead, interval '0')
         order by r.due_at limit $1",
    )
    .bind(PAGE)
    .fetch_all(cell.workers())
    .await?)
}

/// Payments of which nobody knows what became of them at the provider, to be asked for, by their tenants' clocks.
///
/// # Errors
/// The database's.
pub async fn payments(cell: &Cell) -> Result<Vec<(ResellerId, Mode, PaymentId)>> {
    Ok(sqlx::query_as(
        "select p.reseller_id, t.mode, p.payment_id
         from payments p join tenants t using (reseller_id) left join test_clocks c using (reseller_id)
         where p.state in ('creating', 'processing')
           and p.due_at <= clock_timestamp() + coalesce(c.ahead, interval '0')
         order by p.due_at limit $1",
    )
    .bind(PAGE)
    .fetch_all(cell.workers())
    .await?)
}

/// Payments whose balance transaction is known and whose fee is not booked yet. What came in is booked before its fee is.
///
/// # Errors
/// The database's.
pub async fn fees(cell: &Cell) -> Result<Vec<(ResellerId, Mode, PaymentId)>> {
    Ok(sqlx::query_as(
        "select p.reseller_id, t.mode, p.payment_id from payments p join tenants t using (reseller_id)
             left join test_clocks c using (reseller_id)
         where p.state = 'succeeded' and p.provider_transaction is not null and p.provider_fee is null
           and p.fee_due_at <= clock_timestamp() + coalesce(c.ahead, interval '0')
         order by p.fee_due_at limit $1",
    )
    .bind(PAGE)
    .fetch_all(cell.workers())
    .await?)
}

/// What a worker has tried in vain.
#[derive(Debug, Clone, Copy)]
pub enum Failed {
    /// To end an order.
    Order(OrderId),
    /// To bring a refund to its end.
    Refund(RefundId),
    /// To learn how a payment stands.
    Payment(PaymentId),
    /// To book the fee of a payment.
    Fee(PaymentId),
    /// To bring a payout further.
    Payout(PayoutId),
}

/// Has it tried again later, the later the more often it has failed.
///
/// # Errors
/// The database's.
pub async fn postpone(tx: &mut TenantTx, what: Failed) -> Result<()> {
    let (table, key, id, due_at, tries) = match what {
        Failed::Order(id) => ("orders", "order_id", id.uuid(), "due_at", "tries"),
        Failed::Refund(id) => ("refunds", "refund_id", id.uuid(), "due_at", "tries"),
        Failed::Payment(id) => ("payments", "payment_id", id.uuid(), "due_at", "tries"),
        Failed::Payout(id) => ("payouts", "payout_id", id.uuid(), "due_at", "tries"),
        Failed::Fee(id) => ("payments", "payment_id", id.uuid(), "fee_due_at", "fee_tries"),
    };
    let reseller = tx.reseller();
    let counted = format!(
        "update {table} set {tries} = least({tries} + 1, 1000) where reseller_id = $1 and {key} = $2 returning {tries}"
    );
    let tried: Option<i16> =
        sqlx::query_scalar(AssertSqlSafe(counted)).bind(reseller).bind(id).fetch_optional(tx.conn()).await?;
    let Some(tried) = tried else { return Ok(()) };
    let later = format!(
        "update {table} set {due_at} = cell_now() + make_interval(secs => $3) where reseller_id = $1 and {key} = $2"
    );
    sqlx::query(AssertSqlSafe(later))
        .bind(reseller)
        .bind(id)
        .bind(pause_after(tried).as_secs_f64())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Removes fences, idempotency keys, full token buckets and ended entries of waitlists that nothing asks for any more. Gives how many rows.
///
/// # Errors
/// The database's.
pub async fn sweep(cell: &Cell) -> Result<u64> {
    let mut removed = 0;
    for statement in [
        "delete from batches where created_at < clock_timestamp() - interval '1 hour'",
        "delete from idempotency_keys where created_at < clock_timestamp() - interval '7 days'",
        "delete from throttles where full_at < clock_timestamp()",
        // Of a process that is gone.
        "delete from lookers l using lookers p
         where p.looked_at = p.performance_id and p.told_at < clock_timestamp() - interval '1 minute' and l.reseller_id = p.reseller_id
           and l.performance_id = p.performance_id and l.process = p.process",
        "delete from interests where forget_at < clock_timestamp()",
        "delete from waitlist_entries where ended_at < clock_timestamp() - interval '90 days'",
        // Where time was moved on, by that.
        "delete from interests i using test_clocks c where c.reseller_id = i.reseller_id and i.forget_at < clock_timestamp() + c.ahead",
        "delete from waitlist_entries e using test_clocks c
         where c.reseller_id = e.reseller_id and e.ended_at < clock_timestamp() + c.ahead - interval '90 days'",
    ] {
        removed += sqlx::query(statement).execute(cell.workers()).await?.rows_affected();
    }
    Ok(removed)
}
