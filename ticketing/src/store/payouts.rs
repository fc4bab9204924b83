//! The SQL of payouts. Amounts are in the currency's major unit. A payout is locked before the balances.

use std::time::Duration;

use foundation::{Currency, Instant, Money, Refusal, Result, TenantTx, id::PayoutId};
use rust_decimal::Decimal;

use super::known;
use crate::rules::payout::{Payout, PayoutState};

#[derive(sqlx::FromRow)]
struct Row {
    payout_id: PayoutId,
    amount: Decimal,
    currency: String,
    state: String,
    by_schedule: bool,
    provider_account: String,
    provider_transfer: Option<String>,
    transfer_transaction: Option<String>,
    provider_payout: Option<String>,
    return_transaction: Option<String>,
    paid_at: Option<Instant>,
    failure_code: Option<String>,
    tries: i16,
    created_at: Instant,
    version: i64,
}

impl Row {
    fn payout(self) -> Result<Payout> {
        let currency: Currency = known("a currency", &self.currency, self.currency.parse().ok())?;
        Ok(Payout {
            id: self.payout_id,
            amount: Money::rounded(self.amount, currency),
            state: known("a payout's state", &self.state, PayoutState::parse(&self.state))?,
            by_schedule: self.by_schedule,
            account: self.provider_account,
            provider_transfer: self.provider_transfer,
            transfer_transaction: self.transfer_transaction,
            provider_payout: self.provider_payout,
            return_transaction: self.return_transaction,
            paid_at: self.paid_at,
            failure_code: self.failure_code,
            tries: self.tries,
            created_at: self.created_at,
            version: self.version,
        })
    }
}

/// Writes a payout. The worker takes it up after `patience`, if nobody has brought it further by then.
///
/// # Errors
/// The database's.
pub async fn insert(tx: &mut TenantTx, payout: &Payout, patience: Duration) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into payouts (reseller_id, payout_id, amount, currency, state, by_schedule, provider_account, due_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(reseller)
    .bind(payout.id)
    .bind(payout.amount.amount())
    .bind(payout.amount.currency().code())
    .bind(payout.state.as_str())
    .bind(payout.by_schedule)
    .bind(&payout.account)
    .bind(payout.created_at.plus(patience))
    .bind(payout.created_at)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The payout of this id.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get(tx: &mut TenantTx, id: PayoutId) -> Result<Payout> {
    let reseller = tx.reseller();
    let row: Option<Row> = sqlx::query_as(
        "select payout_id, amount, currency, state, by_schedule, provider_account, provider_transfer, transfer_transaction,
                provider_payout, return_transaction, paid_at, failure_code, tries, created_at, version
         from payouts where reseller_id = $1 and payout_id = $2",
    )
    .bind(reseller)
    .bind(id)
    .fetch_optional(tx.conn())
    .await?;
    row.ok_or_else(|| Refusal::missing("payout"))?.payout()
}

/// The same, locked.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn lock(tx: &mut TenantTx, id: PayoutId) -> Result<Payout> {
    let reseller = tx.reseller();
    sqlx::query("select 1 from payouts where reseller_id = $1 and payout_id = $2 for update")
        .bind(reseller)
        .bind(id)
        .execute(tx.conn())
        .await?;
    get(tx, id).await
}

/// Payouts, newest first, after the one named.
///
/// # Errors
/// The database's.
pub async fn list(tx: &mut TenantTx, after: Option<(Instant, PayoutId)>, limit: i64) -> Result<Vec<Payout>> {
    let reseller = tx.reseller();
    let (before, id) = after.unzip();
    let rows: Vec<Row> = sqlx::query_as(
        "select payout_id, amount, currency, state, by_schedule, provider_account, provider_transfer, transfer_transaction,
                provider_payout, return_transaction, paid_at, failure_code, tries, created_at, version
         from payouts
         where reseller_id = $1 and ($2::timestamptz is null or (created_at, payout_id) < ($2, $3))
         order by created_at desc, payout_id desc limit $4",
    )
    .bind(reseller)
    .bind(before)
    .bind(id)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::payout).collect()
}

/// Writes what has become of a locked payout that was in the state `from`. It is asked for again at once by the worker, where
/// something is left to ask.
///
/// # Errors
/// `Inconsistent` if its state may not move so; the database's.
pub async fn save(tx: &mut TenantTx, payout: &mut Payout, from: PayoutState) -> Result<()> {
    if payout.state != from && !from.may_become(payout.state) {
        let (from, to) = (from.as_str(), payout.state.as_str());
        return Err(foundation::Error::Inconsistent(format!("{} may not go from {from} to {to}", payout.id)));
    }
    let reseller = tx.reseller();
    payout.version = sqlx::query_scalar(
        "update payouts
         set state = $3, provider_transfer = $4, transfer_transaction = $5, provider_payout = $6, return_transaction = $7,
             paid_at = $8, failure_code = $9, version = version + 1, tries = 0, due_at = cell_now()
         where reseller_id = $1 and payout_id = $2 returning version",
    )
    .bind(reseller)
    .bind(payout.id)
    .bind(payout.state.as_str())
    .bind(&payout.provider_transfer)
    .bind(&payout.transfer_transaction)
    .bind(&payout.provider_payout)
    .bind(&payout.return_transaction)
    .bind(payout.paid_at)
    .bind(&payout.failure_code)
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}
