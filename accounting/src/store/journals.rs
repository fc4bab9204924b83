//! The table `journals`, append-only, and the balances of the reseller's own accounts that move with it.

use std::collections::HashSet;

use foundation::{Currency, Error, Result, TenantTx, id::JournalId};
use rust_decimal::Decimal;
use sqlx::types::Json;

use super::balances;
use crate::{About, Account, Journal, Line, Source};

#[derive(sqlx::FromRow)]
struct JournalRow {
    currency: String,
    accounts: Vec<String>,
    amounts: Vec<Decimal>,
    about: Json<About>,
}

/// Inserts the journals in one statement and moves the balances by what they come to, but for those whose source has a journal
/// already. Says of each whether it was inserted. Their sources differ.
pub(crate) async fn insert(tx: &mut TenantTx, journals: &[Journal]) -> Result<Vec<bool>> {
    let reseller = tx.reseller();
    let ids: Vec<JournalId> = journals.iter().map(|_| JournalId::new()).collect();
    let (accounts, amounts): (Vec<String>, Vec<String>) = journals.iter().map(|j| literals(j.lines())).unzip();
    let own = |(id, journal): (&JournalId, &Journal)| {
        let (id, order) = (*id, journal.about().order_id);
        journal
            .changes_of_resellers_own()
            .into_iter()
            .map(move |change| (id, change, balances::part(change.account, order)))
    };
    let own: Vec<(JournalId, Line, i16)> = ids.iter().zip(journals).flat_map(own).collect();
    // The balances come after everything else that the transaction locks, and against the order of their names: what is
    // pending before what is available, because money follows a release in that direction (decision 31).
    let posted: Vec<JournalId> = sqlx::query_scalar(
        "with entries as (
             select * from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[], $8::timestamptz[])
                 with ordinality as e (journal_id, source, currency, accounts, amounts, about, effective_at, nth)),
         posted as (
             insert into journals
                 (reseller_id, journal_id, source, currency, accounts, amounts, about, effective_at, posted_at)
             select $1, e.journal_id, e.source, e.currency, e.accounts::text[], e.amounts::numeric[], e.about,
                    coalesce(e.effective_at, n.now), n.now
             from entries e, (select cell_now() as now) n
             order by e.nth
             on conflict (reseller_id, source) do nothing
             returning journal_id, currency),
         unplaced as (insert into journal_inbox (reseller_id, journal_id) select $1, journal_id from posted),
         balanced as (
             insert into account_balances (reseller_id, account, currency, part, balance)
             select $1, own.account, p.currency, own.part, sum(own.change)
             from posted p
             join unnest($9::uuid[], $10::text[], $11::numeric[], $12::smallint[]) as own (journal_id, account, change, part)
                 using (journal_id)
             group by own.account, p.currency, own.part
             order by p.currency, own.account desc, own.part
             on conflict (reseller_id, account, currency, part)
             do update set balance = account_balances.balance + excluded.balance)
         select journal_id from posted",
    )
    .bind(reseller)
    .bind(&ids)
    .bind(journals.iter().map(|journal| journal.source().to_string()).collect::<Vec<_>>())
    .bind(journals.iter().map(|journal| journal.currency().code()).collect::<Vec<_>>())
    .bind(accounts)
    .bind(amounts)
    .bind(journals.iter().map(|journal| Json(journal.about())).collect::<Vec<_>>())
    .bind(journals.iter().map(Journal::effective_at).collect::<Vec<_>>())
    .bind(own.iter().map(|(id, ..)| *id).collect::<Vec<_>>())
    .bind(own.iter().map(|(_, change, _)| change.account.as_str()).collect::<Vec<_>>())
    .bind(own.iter().map(|(_, change, _)| change.amount).collect::<Vec<_>>())
    .bind(own.iter().map(|(.., part)| *part).collect::<Vec<_>>())
    .fetch_all(tx.conn())
    .await?;
    let posted: HashSet<JournalId> = posted.into_iter().collect();
    Ok(ids.iter().map(|id| posted.contains(id)).collect())
}

/// The accounts and the amounts of lines as the text of an array each: an array of arrays cannot be of several lengths.
fn literals(lines: &[Line]) -> (String, String) {
    let accounts: Vec<&str> = lines.iter().map(|line| line.account.as_str()).collect();
    let amounts: Vec<String> = lines.iter().map(|line| line.amount.to_string()).collect();
    (format!("{{{}}}", accounts.join(",")), format!("{{{}}}", amounts.join(",")))
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
