//! What has become due in a cell, over all tenants: ids only, read as the worker role. The work itself is done tenant by
//! tenant, each in a transaction of its own that looks again.

use foundation::{
    Cell, Mode, Result,
    id::{HoldId, OrderId, PaymentId, RefundId, ResellerId},
};

/// The most that one look gives of a kind.
pub const PAGE: i64 = 2_000;

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

/// Unpaid orders whose deadline has passed, by their tenants' clocks.
///
/// # Errors
/// The database's.
pub async fn orders(cell: &Cell) -> Result<Vec<(ResellerId, Mode, OrderId)>> {
    Ok(sqlx::query_as(
        "select o.reseller_id, t.mode, o.order_id from orders o join tenants t using (reseller_id)
         where o.state in ('awaiting_payment', 'processing') and o.pay_by <= clock_timestamp()
         union
         select o.reseller_id, t.mode, o.order_id
         from test_clocks c join orders o using (reseller_id) join tenants t using (reseller_id)
         where o.state in ('awaiting_payment', 'processing') and o.pay_by <= clock_timestamp() + c.ahead
         limit $1",
    )
    .bind(PAGE)
    .fetch_all(cell.workers())
    .await?)
}

/// Refunds that have been pending for longer than a request takes, by their tenants' clocks, and may never have reached the
/// provider.
///
/// # Errors
/// The database's.
pub async fn refunds(cell: &Cell, older_than_seconds: i64) -> Result<Vec<(ResellerId, Mode, RefundId)>> {
    Ok(sqlx::query_as(
        "select r.reseller_id, t.mode, r.refund_id
         from refunds r join tenants t using (reseller_id) left join test_clocks c using (reseller_id)
         where r.state = 'pending'
           and r.created_at <= clock_timestamp() + coalesce(c.ahead, interval '0') - make_interval(secs => $1::bigint)
         order by r.created_at limit $2",
    )
    .bind(older_than_seconds)
    .bind(PAGE)
    .fetch_all(cell.workers())
    .await?)
}

/// Payments whose balance transaction is known and whose fee is not booked yet.
///
/// # Errors
/// The database's.
pub async fn fees(cell: &Cell) -> Result<Vec<(ResellerId, Mode, PaymentId)>> {
    Ok(sqlx::query_as(
        "select p.reseller_id, t.mode, p.payment_id from payments p join tenants t using (reseller_id)
         where p.provider_transaction is not null and p.provider_fee is null limit $1",
    )
    .bind(PAGE)
    .fetch_all(cell.workers())
    .await?)
}

/// Removes fences, idempotency keys and full token buckets that nothing asks for any more. Gives how many rows.
///
/// # Errors
/// The database's.
pub async fn sweep(cell: &Cell) -> Result<u64> {
    let mut removed = 0;
    for statement in [
        "delete from batches where created_at < clock_timestamp() - interval '1 hour'",
        "delete from idempotency_keys where created_at < clock_timestamp() - interval '7 days'",
        "delete from throttles where full_at < clock_timestamp()",
    ] {
        removed += sqlx::query(statement).execute(cell.workers()).await?.rows_affected();
    }
    Ok(removed)
}
