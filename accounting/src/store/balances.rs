//! The table `account_balances`, read; it is written by the posting only (see `journals`).

use foundation::{Result, TenantTx};
use rust_decimal::Decimal;

/// Per currency: the signed balances (debit positive) of the pending and the available account.
pub(crate) async fn by_currency(tx: &mut TenantTx) -> Result<Vec<(String, Decimal, Decimal)>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select currency::text,
                coalesce(sum(balance) filter (where account = 'reseller_pending'), 0),
                coalesce(sum(balance) filter (where account = 'reseller_available'), 0)
         from account_balances where reseller_id = $1
         group by currency order by currency",
    )
    .bind(reseller)
    .fetch_all(tx.conn())
    .await?)
}
