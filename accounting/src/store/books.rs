//! What the accounts of a tenant come to, summed from its journals.

use foundation::{Cell, Currency, Error, Instant, Mode, Result, TenantTx, id::ResellerId};
use rust_decimal::Decimal;

use super::journals::read_currency;
use crate::{Account, rules::books::Sums};

/// The cell's tenants of a mode after this one, in the order of their ids.
pub(crate) async fn tenants(cell: &Cell, mode: Mode, after: Option<ResellerId>, limit: i64) -> Result<Vec<ResellerId>> {
    Ok(sqlx::query_scalar(
        "select reseller_id from tenants where mode = $1 and ($2::uuid is null or reseller_id > $2)
         order by reseller_id limit $3",
    )
    .bind(mode)
    .bind(after)
    .bind(limit)
    .fetch_all(cell.workers())
    .await?)
}

/// Every account of every currency: what was posted before `from`, and from then on before `to`.
pub(crate) async fn sums(tx: &mut TenantTx, from: Instant, to: Instant) -> Result<Vec<(Currency, Account, Sums)>> {
    let reseller = tx.reseller();
    let rows: Vec<(String, String, Decimal, Decimal)> = sqlx::query_as(
        "select j.currency::text, line.account,
                coalesce(sum(line.amount) filter (where j.posted_at < $2), 0),
                coalesce(sum(line.amount) filter (where j.posted_at >= $2), 0)
         from journals j, unnest(j.accounts, j.amounts) as line (account, amount)
         where j.reseller_id = $1 and j.posted_at < $3
         group by j.currency, line.account",
    )
    .bind(reseller)
    .bind(from)
    .bind(to)
    .fetch_all(tx.conn())
    .await?;
    let read = |(currency, name, opening, moved): (String, String, Decimal, Decimal)| {
        let account =
            Account::named(&name).ok_or_else(|| Error::Inconsistent(format!("there is no account `{name}`")))?;
        Ok((read_currency(&currency)?, account, Sums { opening, moved }))
    };
    rows.into_iter().map(read).collect()
}
