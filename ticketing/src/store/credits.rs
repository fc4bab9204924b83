//! The SQL of credits and of what orders have of them. Amounts are in the currency's major unit. A credit is locked after orders
//! and payments, and before the accounts.

use foundation::{
    Currency, Error, Instant, Money, Refusal, Result, TenantTx,
    id::{CreditId, OrderId},
    refusal::{Code, OnConstraint},
};
use rust_decimal::Decimal;
use sqlx::AssertSqlSafe;

use super::known;
use crate::rules::credit::{Credit, CreditCode};

#[derive(sqlx::FromRow)]
struct Row {
    credit_id: CreditId,
    amount: Decimal,
    balance: Decimal,
    currency: String,
    order_id: Option<OrderId>,
    reason: String,
    expires_at: Option<Instant>,
    expired_at: Option<Instant>,
    created_at: Instant,
    version: i64,
}

const COLUMNS: &str =
    "credit_id, amount, balance, currency, order_id, reason, expires_at, expired_at, created_at, version";

impl Row {
    fn credit(self) -> Result<Credit> {
        let currency: Currency = known("a currency", &self.currency, self.currency.parse().ok())?;
        Ok(Credit {
            id: self.credit_id,
            amount: Money::rounded(self.amount, currency),
            balance: Money::rounded(self.balance, currency),
            order: self.order_id,
            reason: self.reason,
            expires_at: self.expires_at,
            expired_at: self.expired_at,
            created_at: self.created_at,
            version: self.version,
        })
    }
}

/// Writes a new credit, its code as a hash and sealed.
///
/// # Errors
/// The database's.
pub async fn insert(tx: &mut TenantTx, credit: &Credit, code: &CreditCode) -> Result<()> {
    let reseller = tx.reseller();
    let sealed = tx
        .sealer()
        .seal(reseller, code.text().as_bytes())
        .map_err(|error| Error::Inconsistent(format!("a code cannot be sealed: {error}")))?;
    sqlx::query(
        "insert into credits (reseller_id, credit_id, code_hash, sealed_code, amount, balance, currency, order_id, reason,
                              expires_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(reseller)
    .bind(credit.id)
    .bind(code.hash().as_slice())
    .bind(sealed)
    .bind(credit.amount.amount())
    .bind(credit.balance.amount())
    .bind(credit.amount.currency().code())
    .bind(credit.order)
    .bind(&credit.reason)
    .bind(credit.expires_at)
    .bind(credit.created_at)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The credit of this id.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get(tx: &mut TenantTx, id: CreditId) -> Result<Credit> {
    one(tx, "credit_id = $2", id.uuid()).await?.ok_or_else(|| Refusal::missing("credit").into())
}

/// The credit of this id, locked.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn lock(tx: &mut TenantTx, id: CreditId) -> Result<Credit> {
    one(tx, "credit_id = $2 for update", id.uuid()).await?.ok_or_else(|| Refusal::missing("credit").into())
}

/// The credit of this code, locked, if there is one.
///
/// # Errors
/// The database's.
pub async fn lock_by_code(tx: &mut TenantTx, code: &CreditCode) -> Result<Option<Credit>> {
    one(tx, "code_hash = $2 for update", code.hash().to_vec()).await
}

/// The code of a credit.
///
/// # Errors
/// `not_found`; `Inconsistent` if it opens with no key of the cell; the database's.
pub async fn code(tx: &mut TenantTx, id: CreditId) -> Result<CreditCode> {
    let reseller = tx.reseller();
    let sealed: Option<Vec<u8>> =
        sqlx::query_scalar("select sealed_code from credits where reseller_id = $1 and credit_id = $2")
            .bind(reseller)
            .bind(id)
            .fetch_optional(tx.conn())
            .await?;
    let sealed = sealed.ok_or_else(|| Refusal::missing("credit"))?;
    let opened = tx.sealer().open(reseller, &sealed).map_err(|error| Error::Inconsistent(error.to_string()))?;
    Ok(CreditCode::typed(&String::from_utf8_lossy(&opened)))
}

/// Seals the codes of a page of credits with the cell's present key. Gives how many, and the last of them.
///
/// # Errors
/// `Inconsistent` if one opens with neither key; the database's.
pub async fn reseal(tx: &mut TenantTx, after: Option<CreditId>, limit: i64) -> Result<(usize, Option<CreditId>)> {
    let (reseller, sealer) = (tx.reseller(), tx.sealer().clone());
    let page: Vec<(CreditId, Vec<u8>)> = sqlx::query_as(
        "select credit_id, sealed_code from credits where reseller_id = $1 and ($2::uuid is null or credit_id > $2)
         order by credit_id limit $3 for update",
    )
    .bind(reseller)
    .bind(after)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    let anew = |(id, sealed): &(CreditId, Vec<u8>)| {
        let sealed = sealer.open(reseller, sealed).and_then(|code| sealer.seal(reseller, &code));
        sealed.map(|sealed| (*id, sealed)).map_err(|error| Error::Inconsistent(error.to_string()))
    };
    let (ids, sealed): (Vec<CreditId>, Vec<Vec<u8>>) =
        page.iter().map(anew).collect::<Result<Vec<_>>>()?.into_iter().unzip();
    sqlx::query(
        "update credits c set sealed_code = n.sealed from unnest($2::uuid[], $3::bytea[]) as n (id, sealed)
         where c.reseller_id = $1 and c.credit_id = n.id",
    )
    .bind(reseller)
    .bind(&ids)
    .bind(sealed)
    .execute(tx.conn())
    .await?;
    Ok((ids.len(), ids.last().copied()))
}

async fn one<T>(tx: &mut TenantTx, which: &str, value: T) -> Result<Option<Credit>>
where
    T: for<'q> sqlx::Encode<'q, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + 'static,
{
    let reseller = tx.reseller();
    let select = format!("select {COLUMNS} from credits where reseller_id = $1 and {which}");
    let row: Option<Row> =
        sqlx::query_as(AssertSqlSafe(select)).bind(reseller).bind(value).fetch_optional(tx.conn()).await?;
    row.map(Row::credit).transpose()
}

/// A page of credits in the order in which they were given.
///
/// # Errors
/// The database's.
pub async fn list(tx: &mut TenantTx, after: Option<CreditId>, limit: i64) -> Result<Vec<Credit>> {
    let reseller = tx.reseller();
    let select = format!(
        "select {COLUMNS} from credits where reseller_id = $1 and ($2::uuid is null or credit_id > $2)
         order by credit_id limit $3"
    );
    let rows: Vec<Row> =
        sqlx::query_as(AssertSqlSafe(select)).bind(reseller).bind(after).bind(limit).fetch_all(tx.conn()).await?;
    rows.into_iter().map(Row::credit).collect()
}

/// What buyers may still buy with, per currency: what no order has taken, and what unpaid orders keep.
///
/// # Errors
/// The database's.
pub async fn outstanding(tx: &mut TenantTx) -> Result<Vec<Money>> {
    let reseller = tx.reseller();
    let rows: Vec<(String, Decimal)> = sqlx::query_as(
        "select currency::text, sum(amount) from (
             select currency, balance as amount from credits where reseller_id = $1 and balance > 0
             union all
             select c.currency, o.amount from order_credits o
             join credits c on c.reseller_id = $1 and c.credit_id = o.credit_id
             where o.reseller_id = $1 and not o.redeemed) open
         group by currency order by currency",
    )
    .bind(reseller)
    .fetch_all(tx.conn())
    .await?;
    let money = |(code, amount): (String, Decimal)| {
        Ok(Money::rounded(amount, known("a currency", &code, code.parse::<Currency>().ok())?))
    };
    rows.into_iter().map(money).collect()
}

/// Keeps some of a locked credit for a locked order.
///
/// # Errors
/// `code_used` if the order has some of it already; the database's.
pub async fn keep(tx: &mut TenantTx, credit: CreditId, order: OrderId, amount: Decimal) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query("insert into order_credits (reseller_id, order_id, credit_id, amount) values ($1, $2, $3, $4)")
        .bind(reseller)
        .bind(order)
        .bind(credit)
        .bind(amount)
        .execute(tx.conn())
        .await
        .on_constraint("order_credits_pkey", || {
            Refusal::new(Code::CodeUsed, "The order has all that it needed of this credit.")
        })?;
    sqlx::query(
        "update credits set balance = balance - $3, version = version + 1 where reseller_id = $1 and credit_id = $2",
    )
    .bind(reseller)
    .bind(credit)
    .bind(amount)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Gives back what a locked order that ends unpaid has kept of credits.
///
/// # Errors
/// The database's.
pub async fn let_go(tx: &mut TenantTx, order: OrderId) -> Result<()> {
    let reseller = tx.reseller();
    // In the order of their ids, as all who lock several do.
    sqlx::query(
        "select 1 from credits c
         where c.reseller_id = $1 and c.credit_id in (select credit_id from order_credits where reseller_id = $1 and order_id = $2)
         order by c.credit_id for update",
    )
    .bind(reseller)
    .bind(order)
    .execute(tx.conn())
    .await?;
    sqlx::query(
        "with gone as (
             delete from order_credits where reseller_id = $1 and order_id = $2 and not redeemed returning credit_id, amount)
         update credits c set balance = c.balance + g.amount, version = c.version + 1
         from gone g where c.reseller_id = $1 and c.credit_id = g.credit_id",
    )
    .bind(reseller)
    .bind(order)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What locked orders have kept of credits is redeemed. Gives which and how much of each, in the order of their ids.
///
/// # Errors
/// The database's.
pub async fn redeem(tx: &mut TenantTx, orders: &[OrderId]) -> Result<Vec<(OrderId, CreditId, Decimal)>> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let reseller = tx.reseller();
    let mut redeemed: Vec<(OrderId, CreditId, Decimal)> = sqlx::query_as(
        "update order_credits set redeemed = true where reseller_id = $1 and order_id = any($2) and not redeemed
         returning order_id, credit_id, amount",
    )
    .bind(reseller)
    .bind(orders)
    .fetch_all(tx.conn())
    .await?;
    redeemed.sort_unstable();
    Ok(redeemed)
}

/// Takes back what is left of a locked credit whose time is past, unless an order still keeps some of it. Says whether it did.
///
/// # Errors
/// The database's.
pub async fn expire(tx: &mut TenantTx, credit: &mut Credit, now: Instant) -> Result<bool> {
    let reseller = tx.reseller();
    let version: Option<i64> = sqlx::query_scalar(
        "update credits c set balance = 0, expired_at = $3, version = version + 1
         where c.reseller_id = $1 and c.credit_id = $2 and c.expired_at is null and c.expires_at <= $3
           and not exists (select from order_credits o
                           where o.reseller_id = $1 and o.credit_id = c.credit_id and not o.redeemed)
         returning version",
    )
    .bind(reseller)
    .bind(credit.id)
    .bind(now)
    .fetch_optional(tx.conn())
    .await?;
    let Some(version) = version else { return Ok(false) };
    credit.balance = Money::rounded(Decimal::ZERO, credit.balance.currency());
    (credit.expired_at, credit.version) = (Some(now), version);
    Ok(true)
}

/// Whether anything is sold in this currency, or could be: it is the reseller's own, or that of a show.
///
/// # Errors
/// The database's.
pub async fn is_sold_in(tx: &mut TenantTx, currency: Currency) -> Result<bool> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "select exists (select from resellers where reseller_id = $1 and currency = $2)
             or exists (select from shows where reseller_id = $1 and currency = $2)",
    )
    .bind(reseller)
    .bind(currency.code())
    .fetch_one(tx.conn())
    .await?)
}
