//! The SQL of payments and refunds. Amounts are in the currency's major unit.

use foundation::{
    Currency, Instant, Money, Result, TenantTx,
    id::{OrderId, PaymentId, RefundId},
    refusal::Refusal,
};
use rust_decimal::Decimal;

use super::known;
use crate::rules::order::{Payment, PaymentState, Refund, RefundState};

#[derive(sqlx::FromRow)]
struct PaymentRow {
    payment_id: PaymentId,
    order_id: OrderId,
    attempt: i16,
    state: String,
    amount: Decimal,
    currency: String,
    provider_intent: Option<String>,
    client_secret: Option<String>,
    decline_code: Option<String>,
    decline_message: Option<String>,
    created_at: Instant,
    version: i64,
}

impl PaymentRow {
    fn payment(self) -> Result<Payment> {
        let currency: Currency = known("a currency", &self.currency, self.currency.parse().ok())?;
        Ok(Payment {
            id: self.payment_id,
            order: self.order_id,
            attempt: self.attempt,
            state: known("a payment's state", &self.state, PaymentState::parse(&self.state))?,
            amount: Money::rounded(self.amount, currency),
            provider_intent: self.provider_intent,
            client_secret: self.client_secret,
            decline: self.decline_code.zip(self.decline_message),
            created_at: self.created_at,
            version: self.version,
        })
    }
}

/// Writes a payment that the provider is about to be asked for.
///
/// # Errors
/// The database's.
pub async fn insert(tx: &mut TenantTx, payment: &Payment) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into payments (reseller_id, payment_id, order_id, attempt, amount, currency, created_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(reseller)
    .bind(payment.id)
    .bind(payment.order)
    .bind(payment.attempt)
    .bind(payment.amount.amount())
    .bind(payment.amount.currency().code())
    .bind(payment.created_at)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The payments of an order, first attempt first.
///
/// # Errors
/// The database's.
pub async fn of_order(tx: &mut TenantTx, order: OrderId) -> Result<Vec<Payment>> {
    let reseller = tx.reseller();
    let rows: Vec<PaymentRow> = sqlx::query_as(
        "select payment_id, order_id, attempt, state, amount, currency, provider_intent, client_secret, decline_code,
                decline_message, created_at, version
         from payments where reseller_id = $1 and order_id = $2 order by attempt",
    )
    .bind(reseller)
    .bind(order)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(PaymentRow::payment).collect()
}

/// The payment of this id.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get(tx: &mut TenantTx, id: PaymentId) -> Result<Payment> {
    let reseller = tx.reseller();
    let row: Option<PaymentRow> = sqlx::query_as(
        "select payment_id, order_id, attempt, state, amount, currency, provider_intent, client_secret, decline_code,
                decline_message, created_at, version
         from payments where reseller_id = $1 and payment_id = $2",
    )
    .bind(reseller)
    .bind(id)
    .fetch_optional(tx.conn())
    .await?;
    row.ok_or_else(|| Refusal::missing("payment"))?.payment()
}

/// The payment of this id, locked. Its order is locked before it.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn lock(tx: &mut TenantTx, id: PaymentId) -> Result<Payment> {
    let reseller = tx.reseller();
    sqlx::query("select 1 from payments where reseller_id = $1 and payment_id = $2 for update")
        .bind(reseller)
        .bind(id)
        .execute(tx.conn())
        .await?;
    get(tx, id).await
}

/// Writes what a payment has become, and counts its version up.
///
/// # Errors
/// The database's.
pub async fn save(tx: &mut TenantTx, payment: &mut Payment) -> Result<()> {
    let reseller = tx.reseller();
    payment.version = sqlx::query_scalar(
        "update payments set state = $3, provider_intent = $4, client_secret = $5, decline_code = $6, decline_message = $7,
                             version = version + 1
         where reseller_id = $1 and payment_id = $2 returning version",
    )
    .bind(reseller)
    .bind(payment.id)
    .bind(payment.state.as_str())
    .bind(&payment.provider_intent)
    .bind(&payment.client_secret)
    .bind(payment.decline.as_ref().map(|(code, _)| code))
    .bind(payment.decline.as_ref().map(|(_, message)| message))
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}

/// Notes the provider's charge of a payment and, once known, the balance transaction with its fee to be asked for.
///
/// # Errors
/// The database's.
pub async fn note_charge(
    tx: &mut TenantTx,
    id: PaymentId,
    charge: &str,
    balance_transaction: Option<&str>,
) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "update payments set provider_charge = $3, provider_transaction = coalesce(provider_transaction, $4)
         where reseller_id = $1 and payment_id = $2",
    )
    .bind(reseller)
    .bind(id)
    .bind(charge)
    .bind(balance_transaction)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Marks the provider's fee of a payment as booked.
///
/// # Errors
/// The database's.
pub async fn note_fee(tx: &mut TenantTx, id: PaymentId, fee: Decimal) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query("update payments set provider_fee = $3 where reseller_id = $1 and payment_id = $2")
        .bind(reseller)
        .bind(id)
        .bind(fee)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The balance transaction of a payment whose fee is to be booked.
///
/// # Errors
/// The database's.
pub async fn transaction_due(tx: &mut TenantTx, id: PaymentId) -> Result<Option<String>> {
    let reseller = tx.reseller();
    let row: Option<Option<String>> = sqlx::query_scalar(
        "select provider_transaction from payments where reseller_id = $1 and payment_id = $2 and provider_fee is null",
    )
    .bind(reseller)
    .bind(id)
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.flatten())
}

#[derive(sqlx::FromRow)]
struct RefundRow {
    refund_id: RefundId,
    order_id: OrderId,
    payment_id: PaymentId,
    amount: Decimal,
    currency: String,
    item_nos: Vec<i16>,
    reason: String,
    state: String,
    provider_refund: Option<String>,
    created_at: Instant,
    version: i64,
}

impl RefundRow {
    fn refund(self) -> Result<Refund> {
        let currency: Currency = known("a currency", &self.currency, self.currency.parse().ok())?;
        Ok(Refund {
            id: self.refund_id,
            order: self.order_id,
            payment: self.payment_id,
            amount: Money::rounded(self.amount, currency),
            items: self.item_nos,
            reason: self.reason,
            state: known("a refund's state", &self.state, RefundState::parse(&self.state))?,
            provider_refund: self.provider_refund,
            created_at: self.created_at,
            version: self.version,
        })
    }
}

/// Writes a refund that the provider is about to be asked for.
///
/// # Errors
/// The database's.
pub async fn insert_refund(tx: &mut TenantTx, refund: &Refund) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into refunds (reseller_id, refund_id, order_id, payment_id, amount, currency, item_nos, reason, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(reseller)
    .bind(refund.id)
    .bind(refund.order)
    .bind(refund.payment)
    .bind(refund.amount.amount())
    .bind(refund.amount.currency().code())
    .bind(&refund.items)
    .bind(&refund.reason)
    .bind(refund.created_at)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The refund of this id, locked. Its order is locked before it.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn lock_refund(tx: &mut TenantTx, id: RefundId) -> Result<Refund> {
    let reseller = tx.reseller();
    sqlx::query("select 1 from refunds where reseller_id = $1 and refund_id = $2 for update")
        .bind(reseller)
        .bind(id)
        .execute(tx.conn())
        .await?;
    get_refund(tx, id).await
}

/// The refund of this id.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get_refund(tx: &mut TenantTx, id: RefundId) -> Result<Refund> {
    let reseller = tx.reseller();
    let row: Option<RefundRow> = sqlx::query_as(
        "select refund_id, order_id, payment_id, amount, currency, item_nos, reason, state, provider_refund, created_at, version
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
pub async fn refunds_of_order(tx: &mut TenantTx, order: OrderId) -> Result<Vec<Refund>> {
    let reseller = tx.reseller();
    let rows: Vec<RefundRow> = sqlx::query_as(
        "select refund_id, order_id, payment_id, amount, currency, item_nos, reason, state, provider_refund, created_at, version
         from refunds where reseller_id = $1 and order_id = $2 order by refund_id",
    )
    .bind(reseller)
    .bind(order)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(RefundRow::refund).collect()
}

/// Writes what a refund has become, and counts its version up.
///
/// # Errors
/// The database's.
pub async fn save_refund(tx: &mut TenantTx, refund: &mut Refund) -> Result<()> {
    let reseller = tx.reseller();
    refund.version = sqlx::query_scalar(
        "update refunds set state = $3, provider_refund = $4, version = version + 1
         where reseller_id = $1 and refund_id = $2 returning version",
    )
    .bind(reseller)
    .bind(refund.id)
    .bind(refund.state.as_str())
    .bind(&refund.provider_refund)
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}
