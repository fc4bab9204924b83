//! The table `account_balances`, read; what is in it is written by the posting only (see `journals`).

use foundation::{Currency, Result, TenantTx, id::OrderId};
use rust_decimal::Decimal;

use crate::Account;

/// In how many parts the balance of what is pending is kept.
const PARTS: i16 = 16;

/// The part of an account's balance that a journal about this order moves. All journals about an order move the same.
pub(crate) fn part(account: Account, order: Option<OrderId>) -> i16 {
    let random = |order: OrderId| i16::from(order.uuid().as_bytes()[15]) % PARTS;
    order.filter(|_| account == Account::ResellerPending).map_or(0, random)
}

/// Locks all balances of a currency, in the order in which postings lock them: from here on nobody else posts to them.
pub(crate) async fn lock(tx: &mut TenantTx, currency: Currency) -> Result<()> {
    let reseller = tx.reseller();
    // A part that is not there yet could not be locked, and a sale would make it meanwhile.
    sqlx::query(
        "insert into account_balances (reseller_id, account, currency, part, balance)
         select $1, $3, $2, part, 0 from generate_series(0, $4 - 1) part order by part on conflict do nothing",
    )
    .bind(reseller)
    .bind(currency.code())
    .bind(Account::ResellerPending.as_str())
    .bind(i32::from(PARTS))
    .execute(tx.conn())
    .await?;
    sqlx::query(
        "select account from account_balances where reseller_id = $1 and currency = $2 order by account desc, part for update",
    )
    .bind(reseller)
    .bind(currency.code())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The signed balance of one account (debit positive).
pub(crate) async fn one(tx: &mut TenantTx, account: Account, currency: Currency) -> Result<Decimal> {
    let reseller = tx.reseller();
    let balance: Option<Decimal> = sqlx::query_scalar(
        "select sum(balance) from account_balances where reseller_id = $1 and account = $2 and currency = $3",
    )
    .bind(reseller)
    .bind(account.as_str())
    .bind(currency.code())
    .fetch_one(tx.conn())
    .await?;
    Ok(balance.unwrap_or_default())
}

/// Per currency: the signed balances (debit positive) of the pending, the available and the reserve account.
pub(crate) async fn by_currency(tx: &mut TenantTx) -> Result<Vec<(String, Decimal, Decimal, Decimal)>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select currency::text,
                coalesce(sum(balance) filter (where account = 'reseller_pending'), 0),
                coalesce(sum(balance) filter (where account = 'reseller_available'), 0),
                coalesce(sum(balance) filter (where account = 'reseller_rolling_reserve'), 0)
         from account_balances where reseller_id = $1
         group by currency order by currency",
    )
    .bind(reseller)
    .fetch_all(tx.conn())
    .await?)
}

/// The signed balance (debit positive) of suspense, which is not kept beside its entries: few journals have any, and an index has
/// those.
pub(crate) async fn of_suspense(tx: &mut TenantTx, currency: Currency) -> Result<Decimal> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "select coalesce(sum(line.amount), 0)
         from journals j, unnest(j.accounts, j.amounts) as line (account, amount)
         where j.reseller_id = $1 and j.currency = $2 and 'suspense' = any (j.accounts) and line.account = 'suspense'",
    )
    .bind(reseller)
    .bind(currency.code())
    .fetch_one(tx.conn())
    .await?)
}
