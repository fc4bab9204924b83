//! The SQL of payments. Amounts are in the currency's major unit.

use std::time::Duration;

use foundation::{
    Cell, Currency, Instant, Money, Result, TenantTx,
    id::{OrderId, PaymentId, ResellerId},
    refusal::Refusal,
};
use rust_decimal::Decimal;
use sqlx::AssertSqlSafe;

use super::known;
use crate::rules::payment::{Decline, Method, Payment, PaymentState, WebAddress};

#[derive(sqlx::FromRow)]
struct Row {
    payment_id: PaymentId,
    order_id: OrderId,
    attempt: i16,
    state: String,
    method: String,
    amount: Decimal,
    received: Option<Decimal>,
    currency: String,
    provider_intent: Option<String>,
    provider_session: Option<String>,
    client_secret: Option<String>,
    page_url: Option<String>,
    return_url: Option<String>,
    action_url: Option<String>,
    decline_code: Option<String>,
    decline_message: Option<String>,
    decline_ref: Option<String>,
    created_at: Instant,
    version: i64,
}

const COLUMNS: &str = "payment_id, order_id, attempt, state, method, amount, received, currency, provider_intent, \
     provider_session, client_secret, page_url, return_url, action_url, decline_code, decline_message, decline_ref, created_at, version";

impl Row {
    fn payment(self) -> Result<Payment> {
        let currency: Currency = known("a currency", &self.currency, self.currency.parse().ok())?;
        let decline = self.decline_code.zip(self.decline_message).zip(self.decline_ref);
        Ok(Payment {
            id: self.payment_id,
            order: self.order_id,
            attempt: self.attempt,
            state: known("a payment's state", &self.state, PaymentState::parse(&self.state))?,
            method: known("a payment's method", &self.method, Method::parse(&self.method))?,
            amount: Money::rounded(self.amount, currency),
            received: self.received.map(|received| Money::rounded(received, currency)),
            provider_intent: self.provider_intent,
            provider_session: self.provider_session,
            client_secret: self.client_secret,
            page_url: self.page_url,
            return_url: self.return_url.and_then(|url| WebAddress::parse(&url, "/return_url").ok()),
            action_url: self.action_url,
            decline: decline.map(|((code, message), which)| Decline { code, message, which }),
            created_at: self.created_at,
            version: self.version,
        })
    }
}

/// Writes a payment that the provider is about to be asked for. The worker asks for it after `patience`, if nobody knows then
/// what became of it.
///
/// # Errors
/// The database's.
pub async fn insert(tx: &mut TenantTx, payment: &Payment, patience: Duration) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into payments (reseller_id, payment_id, order_id, attempt, method, amount, currency, return_url, due_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(reseller)
    .bind(payment.id)
    .bind(payment.order)
    .bind(payment.attempt)
    .bind(payment.method.as_str())
    .bind(payment.amount.amount())
    .bind(payment.amount.currency().code())
    .bind(payment.return_url.as_ref().map(WebAddress::as_str))
    .bind(payment.created_at.plus(patience))
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
    let select = format!("select {COLUMNS} from payments where reseller_id = $1 and order_id = $2 order by attempt");
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(select)).bind(reseller).bind(order).fetch_all(tx.conn()).await?;
    rows.into_iter().map(Row::payment).collect()
}

/// The payment of this id.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get(tx: &mut TenantTx, id: PaymentId) -> Result<Payment> {
    let reseller = tx.reseller();
    let select = format!("select {COLUMNS} from payments where reseller_id = $1 and payment_id = $2");
    let row: Option<Row> =
        sqlx::query_as(AssertSqlSafe(select)).bind(reseller).bind(id).fetch_optional(tx.conn()).await?;
    row.ok_or_else(|| Refusal::missing("payment"))?.payment()
}

/// The payment that the provider knows by this id.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn of_intent(tx: &mut TenantTx, intent: &str) -> Result<Payment> {
    let reseller = tx.reseller();
    let select = format!("select {COLUMNS} from payments where reseller_id = $1 and provider_intent = $2");
    let row: Option<Row> =
        sqlx::query_as(AssertSqlSafe(select)).bind(reseller).bind(intent).fetch_optional(tx.conn()).await?;
    row.ok_or_else(|| Refusal::missing("payment"))?.payment()
}

/// Which payment the provider means, and whose it is: what happens to a payment long after it was made names no tenant.
///
/// # Errors
/// The database's.
pub async fn owner_of_intent(cell: &Cell, intent: &str) -> Result<Option<(ResellerId, PaymentId)>> {
    Ok(sqlx::query_as("select reseller_id, payment_id from payments where provider_intent = $1")
        .bind(intent)
        .fetch_optional(cell.workers())
        .await?)
}

/// The payment of this id, locked. Its order is locked before it.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn lock(tx: &mut TenantTx, id: PaymentId) -> Result<Payment> {
    let reseller = tx.reseller();
    let select = format!("select {COLUMNS} from payments where reseller_id = $1 and payment_id = $2 for update");
    let row: Option<Row> =
        sqlx::query_as(AssertSqlSafe(select)).bind(reseller).bind(id).fetch_optional(tx.conn()).await?;
    row.ok_or_else(|| Refusal::missing("payment"))?.payment()
}

/// The payments of a locked order, first attempt first, locked.
///
/// # Errors
/// The database's.
pub async fn lock_of_order(tx: &mut TenantTx, order: OrderId) -> Result<Vec<Payment>> {
    let reseller = tx.reseller();
    let select =
        format!("select {COLUMNS} from payments where reseller_id = $1 and order_id = $2 order by attempt for update");
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(select)).bind(reseller).bind(order).fetch_all(tx.conn()).await?;
    rows.into_iter().map(Row::payment).collect()
}

/// Writes what a locked payment has become, and counts its version up.
///
/// # Errors
/// Inconsistent if the lifecycle does not know the step from its former state; the database's.
pub async fn save(tx: &mut TenantTx, payment: &mut Payment, from: PaymentState) -> Result<()> {
    if payment.state != from && !from.may_become(payment.state) {
        let step = format!("a payment cannot become {} from {}", payment.state.as_str(), from.as_str());
        return Err(foundation::Error::Inconsistent(step));
    }
    let reseller = tx.reseller();
    payment.version = sqlx::query_scalar(
        "update payments set state = $3, provider_intent = $4, provider_session = $5, client_secret = $6, page_url = $7,
             action_url = $8, decline_code = $9, decline_message = $10, decline_ref = $11, received = $12, version = version + 1
         where reseller_id = $1 and payment_id = $2 returning version",
    )
    .bind(reseller)
    .bind(payment.id)
    .bind(payment.state.as_str())
    .bind(&payment.provider_intent)
    .bind(&payment.provider_session)
    .bind(&payment.client_secret)
    .bind(&payment.page_url)
    .bind(&payment.action_url)
    .bind(payment.decline.as_ref().map(|decline| &decline.code))
    .bind(payment.decline.as_ref().map(|decline| &decline.message))
    .bind(payment.decline.as_ref().map(|decline| &decline.which))
    .bind(payment.received.map(Money::amount))
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

/// Marks the provider's fee of a payment as booked, and notes when its money is at the platform's disposal there.
///
/// # Errors
/// The database's.
pub async fn note_fee(tx: &mut TenantTx, id: PaymentId, fee: Decimal, available_at: Instant) -> Result<()> {
    let reseller = tx.reseller();
    let sql =
        "update payments set provider_fee = $3, provider_available_at = $4 where reseller_id = $1 and payment_id = $2";
    sqlx::query(sql).bind(reseller).bind(id).bind(fee).bind(available_at).execute(tx.conn()).await?;
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

/// Has the worker ask for a payment at this time, if nobody knows then what became of it.
///
/// # Errors
/// The database's.
pub async fn look_at(tx: &mut TenantTx, id: PaymentId, at: Instant) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query("update payments set due_at = $3, tries = 0 where reseller_id = $1 and payment_id = $2")
        .bind(reseller)
        .bind(id)
        .bind(at)
        .execute(tx.conn())
        .await?;
    Ok(())
}
