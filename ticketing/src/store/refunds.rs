//! The SQL of refunds. Amounts are in the currency's major unit.

use std::time::Duration;

use foundation::{
    Currency, Instant, Money, Result, TenantTx,
    id::{CreditId, OrderId, PaymentId, RefundId},
    refusal::{Code, OnConstraint, Refusal},
};
use rust_decimal::Decimal;

use super::known;
use crate::rules::{
    order::RefundPolicy,
    payment::{Refund, RefundState},
};

#[derive(sqlx::FromRow)]
struct Row {
    refund_id: RefundId,
    order_id: OrderId,
    payment_id: Option<PaymentId>,
    credit_id: Option<CreditId>,
    amount: Decimal,
    currency: String,
    item_nos: Vec<i16>,
    reason: String,
    refund_policy: String,
    ticket_tax: Option<Decimal>,
    retry_of: Option<RefundId>,
    state: String,
    provider_refund: Option<String>,
    failure_reason: Option<String>,
    created_at: Instant,
    version: i64,
}

impl Row {
    fn refund(self) -> Result<Refund> {
        let currency: Currency = known("a currency", &self.currency, self.currency.parse().ok())?;
        Ok(Refund {
            id: self.refund_id,
            order: self.order_id,
            payment: self.payment_id,
            credit: self.credit_id,
            amount: Money::rounded(self.amount, currency),
            items: self.item_nos,
            reason: self.reason,
            policy: known("a refund policy", &self.refund_policy, RefundPolicy::parse(&self.refund_policy))?,
            ticket_tax: self.ticket_tax,
            retry_of: self.retry_of,
            state: known("a refund's state", &self.state, RefundState::parse(&self.state))?,
            provider_refund: self.provider_refund,
            failure_reason: self.failure_reason,
            created_at: self.created_at,
            version: self.version,
        })
    }
}

/// Writes a refund. The worker takes it up after `patience`, if it is still pending then.
///
/// # Errors
/// `nothing_to_refund` if it makes one good that another has; the database's.
pub async fn insert(tx: &mut TenantTx, refund: &Refund, patience: Duration) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into refunds (reseller_id, refund_id, order_id, payment_id, amount, currency, item_nos, reason, state,
                              provider_refund, due_at, created_at, retry_of, refund_policy, credit_id, ticket_tax)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
    )
    .bind(reseller)
    .bind(refund.id)
    .bind(refund.order)
    .bind(refund.payment)
    .bind(refund.amount.amount())
    .bind(refund.amount.currency().code())
    .bind(&refund.items)
    .bind(&refund.reason)
    .bind(refund.state.as_str())
    .bind(&refund.provider_refund)
    .bind(refund.created_at.plus(patience))
    .bind(refund.created_at)
    .bind(refund.retry_of)
    .bind(refund.policy.as_str())
    .bind(refund.credit)
    .bind(refund.ticket_tax)
    .execute(tx.conn())
    .await
    .on_constraint("refunds_retry_key", || {
        Refusal::new(Code::NothingToRefund, "This refund was tried again already.")
    })?;
    Ok(())
}

/// How much of a locked order's credit was given back: refunds that took nothing from a payment.
///
/// # Errors
/// The database's.
pub async fn of_no_payment(tx: &mut TenantTx, order: OrderId) -> Result<Decimal> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "select coalesce(sum(amount), 0) from refunds where reseller_id = $1 and order_id = $2 and payment_id is null",
    )
    .bind(reseller)
    .bind(order)
    .fetch_one(tx.conn())
    .await?)
}

/// The refund of this id, locked. Its order is locked before it.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn lock(tx: &mut TenantTx, id: RefundId) -> Result<Refund> {
    let reseller = tx.reseller();
    sqlx::query("select 1 from refunds where reseller_id = $1 and refund_id = $2 for update")
        .bind(reseller)
        .bind(id)
        .execute(tx.conn())
        .await?;
    get(tx, id).await
}

/// The refund of this id.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get(tx: &mut TenantTx, id: RefundId) -> Result<Refund> {
    let reseller = tx.reseller();
    let row: Option<Row> = sqlx::query_as(
        "select refund_id, order_id, payment_id, credit_id, amount, currency, item_nos, reason, refund_policy, ticket_tax, retry_of, state, provider_refund,
                failure_reason, created_at, version
         from refunds where reseller_id = $1 and refund_id = $2",
    )
    .bind(reseller)
    .bind(id)
    .fetch_optional(tx.conn())
    .await?;
    row.ok_or_else(|| Refusal::missing("refund"))?.refund()
}

/// The refunds of an order, first first.
///
/// # Errors
/// The database's.
pub async fn of_order(tx: &mut TenantTx, order: OrderId) -> Result<Vec<Refund>> {
    of_orders(tx, &[order]).await
}

/// The refunds of orders, first first.
///
/// # Errors
/// The database's.
pub async fn of_orders(tx: &mut TenantTx, orders: &[OrderId]) -> Result<Vec<Refund>> {
    let reseller = tx.reseller();
    let rows: Vec<Row> = sqlx::query_as(
        "select refund_id, order_id, payment_id, credit_id, amount, currency, item_nos, reason, refund_policy, ticket_tax, retry_of, state, provider_refund,
                failure_reason, created_at, version
         from refunds where reseller_id = $1 and order_id = any($2) order by refund_id",
    )
    .bind(reseller)
    .bind(orders)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::refund).collect()
}

/// The refund that the provider knows by this id, if there is one.
///
/// # Errors
/// The database's.
pub async fn of_provider(tx: &mut TenantTx, provider_refund: &str) -> Result<Option<RefundId>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar("select refund_id from refunds where reseller_id = $1 and provider_refund = $2")
        .bind(reseller)
        .bind(provider_refund)
        .fetch_optional(tx.conn())
        .await?)
}

/// Writes what a locked refund has become, and counts its version up.
///
/// # Errors
/// Inconsistent if the lifecycle does not know the step from its former state; the database's.
pub async fn save(tx: &mut TenantTx, refund: &mut Refund, from: RefundState) -> Result<()> {
    if refund.state != from && !from.may_become(refund.state) {
        let step = format!("a refund cannot become {} from {}", refund.state.as_str(), from.as_str());
        return Err(foundation::Error::Inconsistent(step));
    }
    let reseller = tx.reseller();
    refund.version = sqlx::query_scalar(
        "update refunds set state = $3, provider_refund = $4, failure_reason = $5, version = version + 1
         where reseller_id = $1 and refund_id = $2 returning version",
    )
    .bind(reseller)
    .bind(refund.id)
    .bind(refund.state.as_str())
    .bind(&refund.provider_refund)
    .bind(&refund.failure_reason)
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}
