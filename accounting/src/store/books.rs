//! What the accounts of a tenant come to, summed from its journals.

use std::collections::BTreeMap;

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

/// How many journals one statement sums, and however many more were posted at one moment: a fraction of a second's work.
const PAGE: i64 = 50_000;

/// Every account of every currency: what was posted before `from`, and from then on before `to`. In pages, so that no statement takes the
/// longer the more was ever sold; in a snapshot they all see one moment.
pub(crate) async fn sums(tx: &mut TenantTx, from: Instant, to: Instant) -> Result<Vec<(Currency, Account, Sums)>> {
    let mut sums = BTreeMap::<(String, String), Sums>::new();
    let mut begins = Instant::LONG_AGO;
    loop {
        let next = page_after(tx, begins, to).await?;
        for (key, opening, moved) in page(tx, (begins, next.unwrap_or(to)), from).await? {
            let sums = sums.entry(key).or_default();
            sums.opening += opening;
            sums.moved += moved;
        }
        match next {
            Some(next) => begins = next,
            None => break,
        }
    }
    let read = |((currency, name), sums): ((String, String), Sums)| {
        let account =
            Account::named(&name).ok_or_else(|| Error::Inconsistent(format!("there is no account `{name}`")))?;
        Ok((read_currency(&currency)?, account, sums))
    };
    sums.into_iter().map(read).collect()
}

/// When the page after that which begins at this time begins; none if it is the last before `to`.
async fn page_after(tx: &mut TenantTx, begins: Instant, to: Instant) -> Result<Option<Instant>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "select posted_at from journals where reseller_id = $1 and posted_at > $2 and posted_at < $3
         order by posted_at offset $4 limit 1",
    )
    .bind(reseller)
    .bind(begins)
    .bind(to)
    .bind(PAGE)
    .fetch_optional(tx.conn())
    .await?)
}

/// By currency and account: what of the page was posted before `from`, and what from then on.
async fn page(
    tx: &mut TenantTx,
    (begins, ends): (Instant, Instant),
    from: Instant,
) -> Result<Vec<((String, String), Decimal, Decimal)>> {
    let reseller = tx.reseller();
    let rows: Vec<(String, String, Decimal, Decimal)> = sqlx::query_as(
        "select j.currency::text, line.account,
                coalesce(sum(line.amount) filter (where j.posted_at < $2), 0),
                coalesce(sum(line.amount) filter (where j.posted_at >= $2), 0)
         from journals j, unnest(j.accounts, j.amounts) as line (account, amount)
         where j.reseller_id = $1 and j.posted_at >= $3 and j.posted_at < $4
         group by j.currency, line.account",
    )
    .bind(reseller)
    .bind(from)
    .bind(begins)
    .bind(ends)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|(currency, account, opening, moved)| ((currency, account), opening, moved)).collect())
}
