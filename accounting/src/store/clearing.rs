//! The lines of `psp_clearing`, journal by journal.

use foundation::{Instant, Result, TenantTx};
use rust_decimal::Decimal;
use sqlx::types::Json;

use crate::{About, ClearingEntry};

type Row = (String, Decimal, String, Instant, Json<About>);

pub(crate) async fn entries(
    tx: &mut TenantTx,
    (from, to): (Instant, Instant),
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<ClearingEntry>> {
    let reseller = tx.reseller();
    let rows: Vec<Row> = sqlx::query_as(
        "select j.source, moved.amount, j.currency::text, j.posted_at, j.about
         from journals j, lateral (
             select sum(line.amount) as amount from unnest(j.accounts, j.amounts) as line (account, amount)
             where line.account = 'psp_clearing') moved
         where j.reseller_id = $1 and j.posted_at >= $2 and j.posted_at < $3 and moved.amount <> 0
           and ($4::text is null or j.source > $4)
         order by j.source limit $5",
    )
    .bind(reseller)
    .bind(from)
    .bind(to)
    .bind(after)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|(source, amount, code, posted_at, Json(about))| {
            let currency = super::journals::read_currency(&code)?;
            Ok(ClearingEntry { source, amount: currency.round(amount), currency, posted_at, about })
        })
        .collect()
}
