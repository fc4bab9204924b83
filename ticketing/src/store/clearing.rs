//! What the provider calls the things that the books name by our ids.

use std::collections::HashMap;

use foundation::{
    Cell, Mode, Result, TenantTx,
    id::{OrderId, PaymentId, RefundId, ResellerId},
};

/// Tenants read at a time.
const TENANTS: i64 = 500;

/// Tenants that pay through an account of the cell, after this one, in the order of their ids.
///
/// # Errors
/// The database's.
pub async fn tenants(cell: &Cell, mode: Mode, after: Option<ResellerId>) -> Result<Vec<ResellerId>> {
    Ok(sqlx::query_scalar(
        "select reseller_id from tenants
         where mode = $1 and ($2::uuid is null or reseller_id > $2) order by reseller_id limit $3",
    )
    .bind(mode)
    .bind(after)
    .bind(TENANTS)
    .fetch_all(cell.workers())
    .await?)
}

/// The charges of the payments of orders that succeeded.
///
/// # Errors
/// The database's.
pub async fn charges(tx: &mut TenantTx, orders: &[OrderId]) -> Result<Vec<(OrderId, PaymentId, Option<String>)>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select order_id, payment_id, provider_charge from payments
         where reseller_id = $1 and order_id = any($2) and state = 'succeeded' order by order_id, payment_id",
    )
    .bind(reseller)
    .bind(orders)
    .fetch_all(tx.conn())
    .await?)
}

/// What the provider calls refunds.
///
/// # Errors
/// The database's.
pub async fn refunds(tx: &mut TenantTx, refunds: &[RefundId]) -> Result<HashMap<RefundId, String>> {
    let reseller = tx.reseller();
    let rows: Vec<(RefundId, String)> = sqlx::query_as(
        "select refund_id, provider_refund from refunds
         where reseller_id = $1 and refund_id = any($2) and provider_refund is not null",
    )
    .bind(reseller)
    .bind(refunds)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().collect())
}
