//! The table `journals`, append-only, and the balances of the reseller's own accounts that move with it.

use foundation::{Currency, Error, Result, TenantTx, id::JournalId};
use rust_decimal::Decimal;
use sqlx::types::Json;

use crate::{About, Account, Journal, Line, Source};

#[derive(sqlx::FromRow)]
struct JournalRow {
    currency: String,
    accounts: Vec<String>,
    amounts: Vec<Decimal>,
    about: Json<About>,
}

/// Inserts the journal and moves the balances, unless its source has a journal already. Says whether it did.
pub(crate) async fn insert(tx: &mut TenantTx, journal: &Journal) -> Result<bool> {
    let reseller = tx.reseller();
    let (accounts, amounts) = columns(journal.lines());
    // The balances come after everything else that the transaction locks, and against the order of their names: what is
    // pending before what is available, because money follows a release in that direction (decision 31).
    let (own_accounts, own_changes) = columns(&journal.changes_of_resellers_own());
    let posted: i64 = sqlx::query_scalar(
        "with posted as (
             insert into journals
                 (reseller_id, journal_id, source, currency, accounts, amounts, about, effective_at, posted_at)
             select $1, $2, $3, $4, $5, $6, $7, coalesce($10, n.now), n.now from (select cell_now() as now) n
             on conflict (reseller_id, source) do nothing
             returning journal_id),
         unplaced as (insert into journal_inbox (reseller_id, journal_id) select $1, journal_id from posted),
         balanced as (
             insert into account_balances (reseller_id, account, currency, balance)
             select $1, own.account, $4, own.change from posted, unnest($8, $9) as own (account, change)
             order by own.account desc
             on conflict (reseller_id, account, currency)
             do update set balance = account_balances.balance + excluded.balance)
         select count(*) from posted",
    )
    .bind(reseller)
    .bind(JournalId::new())
    .bind(journal.source().to_string())
    .bind(journal.currency().code())
    .bind(accounts)
    .bind(amounts)
    .bind(Json(journal.about()))
    .bind(own_accounts)
    .bind(own_changes)
    .bind(journal.effective_at())
    .fetch_one(tx.conn())
    .await?;
    Ok(posted == 1)
}

/// Whether the source's journal has exactly this content.
pub(crate) async fn is_posted(tx: &mut TenantTx, journal: &Journal) -> Result<bool> {
    let reseller = tx.reseller();
    let (accounts, amounts) = columns(journal.lines());
    Ok(sqlx::query_scalar(
        "select exists (select from journals
             where reseller_id = $1 and source = $2
               and currency = $3 and accounts = $4 and amounts = $5 and about = $6)",
    )
    .bind(reseller)
    .bind(journal.source().to_string())
    .bind(journal.currency().code())
    .bind(accounts)
    .bind(amounts)
    .bind(Json(journal.about()))
    .fetch_one(tx.conn())
    .await?)
}

/// The journal of a source, if it has one.
pub(crate) async fn find(tx: &mut TenantTx, source: Source) -> Result<Option<Journal>> {
    let reseller = tx.reseller();
    let row: Option<JournalRow> = sqlx::query_as(
        "select currency::text, accounts, amounts, about from journals where reseller_id = $1 and source = $2",
    )
    .bind(reseller)
    .bind(source.to_string())
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| {
        let lines = lines(&row.accounts, &row.amounts)?;
        Ok(Journal::new(source, read_currency(&row.currency)?, lines, row.about.0)?)
    })
    .transpose()
}

/// The same with its id.
pub(crate) async fn find_with_id(tx: &mut TenantTx, source: Source) -> Result<Option<(JournalId, Journal)>> {
    let reseller = tx.reseller();
    let id: Option<JournalId> =
        sqlx::query_scalar("select journal_id from journals where reseller_id = $1 and source = $2")
            .bind(reseller)
            .bind(source.to_string())
            .fetch_optional(tx.conn())
            .await?;
    Ok(id.zip(find(tx, source).await?))
}

/// The currency that a row names.
pub(crate) fn read_currency(code: &str) -> Result<Currency> {
    code.parse().map_err(|error| Error::Inconsistent(format!("`{code}` {error}")))
}

fn columns(lines: &[Line]) -> (Vec<&'static str>, Vec<Decimal>) {
    lines.iter().map(|line| (line.account.as_str(), line.amount)).unzip()
}

pub(crate) fn lines(accounts: &[String], amounts: &[Decimal]) -> Result<Vec<Line>> {
    let line = |(name, &amount): (&String, &Decimal)| {
        let account =
            Account::named(name).ok_or_else(|| Error::Inconsistent(format!("there is no account `{name}`")))?;
        Ok(Line { account, amount })
    };
    accounts.iter().zip(amounts).map(line).collect()
}
