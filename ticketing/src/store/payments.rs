//! The SQL of payments. Amounts are in the currency's major unit.

use std::{collections::HashMap, time::Duration};

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

/// Writes payments that the provider is about to be asked for. The worker asks for them after `patience`, if nobody knows then
/// what became of them.
///
/// # Errors
/// The database's.
pub async fn insert(tx: &mut TenantTx, payments: &[&Payment], patience: Duration) -> Result<()> {
    if payments.is_empty() {
        return Ok(());
    }
    let reseller = tx.reseller();
    sqlx::query(
        "insert into payments (reseller_id, payment_id, order_id, attempt, method, amount, currency, return_url, due_at, created_at)
         select $1, * from unnest($2::uuid[], $3::uuid[], $4::smallint[], $5::text[], $6::numeric[], $7::text[], $8::text[],
                                  $9::timestamptz[], $10::timestamptz[])",
    )
    .bind(reseller)
    .bind(payments.iter().map(|p| p.id).collect::<Vec<_>>())
    .bind(payments.iter().map(|p| p.order).collect::<Vec<_>>())
    .bind(payments.iter().map(|p| p.attempt).collect::<Vec<_>>())
    .bind(payments.iter().map(|p| p.method.as_str()).collect::<Vec<_>>())
    .bind(payments.iter().map(|p| p.amount.amount()).collect::<Vec<_>>())
    .bind(payments.iter().map(|p| p.amount.currency().code()).collect::<Vec<_>>())
    .bind(payments.iter().map(|p| p.return_url.as_ref().map(WebAddress::as_str)).collect::<Vec<_>>())
    .bind(payments.iter().map(|p| p.created_at.plus(patience)).collect::<Vec<_>>())
    .bind(payments.iter().map(|p| p.created_at).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The payments of an order, first attempt first.
///
/// # Errors
/// The database's.
pub async fn of_order(tx: &mut TenantTx, order: OrderId) -> Result<Vec<Payment>> {
    of_orders(tx, &[order]).await
}

/// The payments of orders, of each the first attempt first.
///
/// # Errors
/// The database's.
pub async fn of_orders(tx: &mut TenantTx, orders: &[OrderId]) -> Result<Vec<Payment>> {
    let reseller = tx.reseller();
    let select = format!(
        "select {COLUMNS} from payments where reseller_id = $1 and order_id = any($2) order by order_id, attempt"
    );
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(select)).bind(reseller).bind(orders).fetch_all(tx.conn()).await?;
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

/// Of which orders these payments are.
///
/// # Errors
/// The database's.
pub async fn orders_of(tx: &mut TenantTx, ids: &[PaymentId]) -> Result<Vec<OrderId>> {
    let reseller = tx.reseller();
    let sql = "select order_id from payments where reseller_id = $1 and payment_id = any($2)";
    Ok(sqlx::query_scalar(sql).bind(reseller).bind(ids).fetch_all(tx.conn()).await?)
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
    lock_all(tx, &[id]).await?.pop().ok_or_else(|| Refusal::missing("payment").into())
}

/// Those payments of these ids that there are, locked. Their orders are locked before them.
///
/// # Errors
/// The database's.
pub async fn lock_all(tx: &mut TenantTx, ids: &[PaymentId]) -> Result<Vec<Payment>> {
    let reseller = tx.reseller();
    let select = format!(
        "select {COLUMNS} from payments where reseller_id = $1 and payment_id = any($2) order by payment_id for update"
    );
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(select)).bind(reseller).bind(ids).fetch_all(tx.conn()).await?;
    rows.into_iter().map(Row::payment).collect()
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

/// What a locked payment has become.
#[derive(Debug)]
pub struct Became<'a> {
    /// The payment as it is now.
    pub payment: &'a mut Payment,
    /// What it was before.
    pub from: PaymentState,
    /// The provider's charge, where it was told.
    pub charge: Option<&'a str>,
    /// When the worker is to ask for it, if nobody knows then what became of it; none: as before.
    pub look_at: Option<Instant>,
}

/// Writes what a locked payment has become, and counts its version up.
///
/// # Errors
/// Inconsistent if the lifecycle does not know the step from its former state; the database's.
pub async fn save(tx: &mut TenantTx, payment: &mut Payment, from: PaymentState) -> Result<()> {
    save_all(tx, &mut [Became { payment, from, charge: None, look_at: None }]).await
}

/// The same of many.
///
/// # Errors
/// As [`save`].
pub async fn save_all(tx: &mut TenantTx, all: &mut [Became<'_>]) -> Result<()> {
    let unknown = |b: &&Became<'_>| b.payment.state != b.from && !b.from.may_become(b.payment.state);
    if let Some(Became { payment, from, .. }) = all.iter().find(unknown) {
        let step = format!("a payment cannot become {} from {}", payment.state.as_str(), from.as_str());
        return Err(foundation::Error::Inconsistent(step));
    }
    let reseller = tx.reseller();
    let payments = || all.iter().map(|became| &*became.payment);
    let declines = || payments().map(|p| p.decline.as_ref());
    let versions: HashMap<PaymentId, i64> = sqlx::query_as::<_, (PaymentId, i64)>(
        "update payments p set state = n.state, method = n.method, provider_intent = n.intent, provider_session = n.session,
             client_secret = n.client_secret, page_url = n.page_url, action_url = n.action_url, decline_code = n.decline_code,
             decline_message = n.decline_message, decline_ref = n.decline_ref, received = n.received,
             provider_charge = coalesce(n.charge, p.provider_charge), due_at = coalesce(n.look_at, p.due_at),
             tries = case when n.look_at is null then p.tries else 0 end, version = p.version + 1
         from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
                     $11::text[], $12::numeric[], $13::text[], $14::timestamptz[], $15::text[])
             as n (payment_id, state, intent, session, client_secret, page_url, action_url, decline_code, decline_message, decline_ref,
                   received, charge, look_at, method)
         where p.reseller_id = $1 and p.payment_id = any($2) and p.payment_id = n.payment_id returning p.payment_id, p.version",
    )
    .bind(reseller)
    .bind(payments().map(|p| p.id).collect::<Vec<_>>())
    .bind(payments().map(|p| p.state.as_str()).collect::<Vec<_>>())
    .bind(payments().map(|p| p.provider_intent.as_deref()).collect::<Vec<_>>())
    .bind(payments().map(|p| p.provider_session.as_deref()).collect::<Vec<_>>())
    .bind(payments().map(|p| p.client_secret.as_deref()).collect::<Vec<_>>())
    .bind(payments().map(|p| p.page_url.as_deref()).collect::<Vec<_>>())
    .bind(payments().map(|p| p.action_url.as_deref()).collect::<Vec<_>>())
    .bind(declines().map(|decline| decline.map(|it| it.code.as_str())).collect::<Vec<_>>())
    .bind(declines().map(|decline| decline.map(|it| it.message.as_str())).collect::<Vec<_>>())
    .bind(declines().map(|decline| decline.map(|it| it.which.as_str())).collect::<Vec<_>>())
    .bind(payments().map(|p| p.received.map(Money::amount)).collect::<Vec<_>>())
    .bind(all.iter().map(|became| became.charge).collect::<Vec<_>>())
    .bind(all.iter().map(|became| became.look_at).collect::<Vec<_>>())
    .bind(payments().map(|p| p.method.as_str()).collect::<Vec<_>>())
    .fetch_all(tx.conn())
    .await?
    .into_iter()
    .collect();
    for Became { payment, .. } in all {
        payment.version = versions.get(&payment.id).copied().unwrap_or(payment.version);
    }
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
