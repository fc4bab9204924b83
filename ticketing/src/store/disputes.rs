//! The SQL of disputes and fraud warnings. Amounts are in the currency's major unit.

use accounting::DisputedMoney;
use foundation::{
    Currency, Instant, Money, Result, TenantTx,
    id::{DisputeId, FraudWarningId, OrderId, PaymentId},
    refusal::Refusal,
};
use rust_decimal::Decimal;
use sqlx::AssertSqlSafe;

use super::known;
use crate::rules::payment::{Dispute, DisputeState, FraudWarning};

#[derive(sqlx::FromRow)]
struct Row {
    dispute_id: DisputeId,
    order_id: OrderId,
    payment_id: PaymentId,
    provider_dispute: String,
    amount: Decimal,
    currency: String,
    reason: String,
    state: String,
    evidence_due_by: Option<Instant>,
    own: Decimal,
    excess: Decimal,
    fee: Decimal,
    ticket_tax: Decimal,
    loss_booked: bool,
    provider_transactions: Vec<String>,
    created_at: Instant,
    version: i64,
}

const COLUMNS: &str = "dispute_id, order_id, payment_id, provider_dispute, amount, currency, reason, state, evidence_due_by, \
     own, excess, fee, ticket_tax, loss_booked, provider_transactions, created_at, version";

impl Row {
    fn dispute(self) -> Result<Dispute> {
        let currency: Currency = known("a currency", &self.currency, self.currency.parse().ok())?;
        Ok(Dispute {
            id: self.dispute_id,
            order: self.order_id,
            payment: self.payment_id,
            provider_dispute: self.provider_dispute,
            amount: Money::rounded(self.amount, currency),
            reason: self.reason,
            state: known("a dispute's state", &self.state, DisputeState::parse(&self.state))?,
            evidence_due_by: self.evidence_due_by,
            money: DisputedMoney {
                own: self.own,
                excess: self.excess,
                ticket_tax: self.ticket_tax,
                fee: self.fee,
                is_lost: self.loss_booked,
            },
            transactions: self.provider_transactions,
            created_at: self.created_at,
            version: self.version,
        })
    }
}

/// The dispute that the provider knows by this id, locked, if we know it. Its order is locked before it.
///
/// # Errors
/// The database's.
pub async fn lock_of_provider(tx: &mut TenantTx, provider_dispute: &str) -> Result<Option<Dispute>> {
    let reseller = tx.reseller();
    let select = format!("select {COLUMNS} from disputes where reseller_id = $1 and provider_dispute = $2 for update");
    let row: Option<Row> =
        sqlx::query_as(AssertSqlSafe(select)).bind(reseller).bind(provider_dispute).fetch_optional(tx.conn()).await?;
    row.map(Row::dispute).transpose()
}

/// The dispute of this id.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get(tx: &mut TenantTx, id: DisputeId) -> Result<Dispute> {
    let reseller = tx.reseller();
    let select = format!("select {COLUMNS} from disputes where reseller_id = $1 and dispute_id = $2");
    let row: Option<Row> =
        sqlx::query_as(AssertSqlSafe(select)).bind(reseller).bind(id).fetch_optional(tx.conn()).await?;
    row.ok_or_else(|| Refusal::missing("dispute"))?.dispute()
}

/// A page of disputes, newest first; of one order, if one is named.
///
/// # Errors
/// The database's.
pub async fn list(
    tx: &mut TenantTx,
    order: Option<OrderId>,
    after: Option<(Instant, DisputeId)>,
    limit: i64,
) -> Result<Vec<Dispute>> {
    let reseller = tx.reseller();
    let select = format!(
        "select {COLUMNS} from disputes
         where reseller_id = $1 and ($2::uuid is null or order_id = $2)
           and ($3::timestamptz is null or (created_at, dispute_id) < ($3, $4))
         order by created_at desc, dispute_id desc limit $5"
    );
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(select))
        .bind(reseller)
        .bind(order)
        .bind(after.map(|(at, _)| at))
        .bind(after.map(|(_, id)| id))
        .bind(limit)
        .fetch_all(tx.conn())
        .await?;
    rows.into_iter().map(Row::dispute).collect()
}

/// The disputes of orders, newest first.
///
/// # Errors
/// The database's.
pub async fn of_orders(tx: &mut TenantTx, orders: &[OrderId]) -> Result<Vec<Dispute>> {
    let reseller = tx.reseller();
    let select = format!(
        "select {COLUMNS} from disputes where reseller_id = $1 and order_id = any($2) order by created_at desc, dispute_id desc"
    );
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(select)).bind(reseller).bind(orders).fetch_all(tx.conn()).await?;
    rows.into_iter().map(Row::dispute).collect()
}

/// Writes a dispute that we hear of for the first time.
///
/// # Errors
/// The database's.
pub async fn insert(tx: &mut TenantTx, dispute: &Dispute) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into disputes (reseller_id, dispute_id, order_id, payment_id, provider_dispute, amount, currency, reason,
                               state, evidence_due_by, created_at, own, excess, fee, loss_booked, provider_transactions,
                               ticket_tax)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    )
    .bind(reseller)
    .bind(dispute.id)
    .bind(dispute.order)
    .bind(dispute.payment)
    .bind(&dispute.provider_dispute)
    .bind(dispute.amount.amount())
    .bind(dispute.amount.currency().code())
    .bind(&dispute.reason)
    .bind(dispute.state.as_str())
    .bind(dispute.evidence_due_by)
    .bind(dispute.created_at)
    .bind(dispute.money.own)
    .bind(dispute.money.excess)
    .bind(dispute.money.fee)
    .bind(dispute.money.is_lost)
    .bind(&dispute.transactions)
    .bind(dispute.money.ticket_tax)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes where a locked dispute now stands, and counts its version up.
///
/// # Errors
/// The database's.
pub async fn save(tx: &mut TenantTx, dispute: &mut Dispute) -> Result<()> {
    let reseller = tx.reseller();
    dispute.version = sqlx::query_scalar(
        "update disputes set state = $3, evidence_due_by = $4, own = $5, excess = $6, fee = $7, loss_booked = $8,
                provider_transactions = $9, ticket_tax = $10, version = version + 1
         where reseller_id = $1 and dispute_id = $2 returning version",
    )
    .bind(reseller)
    .bind(dispute.id)
    .bind(dispute.state.as_str())
    .bind(dispute.evidence_due_by)
    .bind(dispute.money.own)
    .bind(dispute.money.excess)
    .bind(dispute.money.fee)
    .bind(dispute.money.is_lost)
    .bind(&dispute.transactions)
    .bind(dispute.money.ticket_tax)
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}

/// What of a payment neither went back to the buyer, as far as we have accepted that, nor was taken from the reseller by a bank;
/// pending refunds are counted as gone. The payment's order is locked, so that nothing of it changes meanwhile.
///
/// # Errors
/// The database's.
pub async fn left_of(tx: &mut TenantTx, payment: PaymentId) -> Result<Decimal> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "select coalesce(p.received, 0)
                - (select coalesce(sum(r.amount), 0) from refunds r
                   where r.reseller_id = $1 and r.order_id = p.order_id and r.payment_id = $2 and r.state <> 'failed')
                - (select coalesce(sum(d.own), 0) from disputes d
                   where d.reseller_id = $1 and d.order_id = p.order_id and d.payment_id = $2)
         from payments p where p.reseller_id = $1 and p.payment_id = $2",
    )
    .bind(reseller)
    .bind(payment)
    .fetch_one(tx.conn())
    .await?)
}

/// What banks have of an order's price by its disputes, and the tax that went with it.
///
/// # Errors
/// The database's.
pub async fn taken_of(tx: &mut TenantTx, order: OrderId) -> Result<(Decimal, Decimal)> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select coalesce(sum(own), 0), coalesce(sum(ticket_tax), 0) from disputes where reseller_id = $1 and order_id = $2",
    )
    .bind(reseller)
    .bind(order)
    .fetch_one(tx.conn())
    .await?)
}

#[derive(sqlx::FromRow)]
struct WarningRow {
    fraud_warning_id: FraudWarningId,
    order_id: OrderId,
    payment_id: PaymentId,
    provider_warning: String,
    fraud_type: String,
    actionable: bool,
    created_at: Instant,
    version: i64,
}

impl From<WarningRow> for FraudWarning {
    fn from(row: WarningRow) -> Self {
        Self {
            id: row.fraud_warning_id,
            order: row.order_id,
            payment: row.payment_id,
            provider_warning: row.provider_warning,
            fraud_type: row.fraud_type,
            actionable: row.actionable,
            created_at: row.created_at,
            version: row.version,
        }
    }
}

/// Writes a fraud warning, or what has changed of it. Gives it as it now is if that is news.
///
/// # Errors
/// The database's.
pub async fn put_warning(tx: &mut TenantTx, warning: &FraudWarning) -> Result<Option<FraudWarning>> {
    let reseller = tx.reseller();
    let row: Option<WarningRow> = sqlx::query_as(
        "insert into fraud_warnings as w (reseller_id, fraud_warning_id, order_id, payment_id, provider_warning, fraud_type,
                                          actionable, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict on constraint fraud_warnings_provider_key
         do update set actionable = excluded.actionable, version = w.version + 1 where w.actionable and not excluded.actionable
         returning fraud_warning_id, order_id, payment_id, provider_warning, fraud_type, actionable, created_at, version",
    )
    .bind(reseller)
    .bind(warning.id)
    .bind(warning.order)
    .bind(warning.payment)
    .bind(&warning.provider_warning)
    .bind(&warning.fraud_type)
    .bind(warning.actionable)
    .bind(warning.created_at)
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Into::into))
}

/// The fraud warnings of orders, newest first.
///
/// # Errors
/// The database's.
pub async fn warnings_of_orders(tx: &mut TenantTx, orders: &[OrderId]) -> Result<Vec<FraudWarning>> {
    let reseller = tx.reseller();
    let rows: Vec<WarningRow> = sqlx::query_as(
        "select fraud_warning_id, order_id, payment_id, provider_warning, fraud_type, actionable, created_at, version
         from fraud_warnings where reseller_id = $1 and order_id = any($2) order by created_at desc, fraud_warning_id desc",
    )
    .bind(reseller)
    .bind(orders)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}
