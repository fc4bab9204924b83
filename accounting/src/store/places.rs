//! The journals in their places, for the settlement of a period, with what their ids are called: what is told to the books of them (the
//! views `told_…`), never the tables of another business.

use std::collections::HashMap;

use foundation::{
    Currency, Error, Instant, Result, TenantTx,
    id::{FeeRuleId, JournalId, OrderId, PayoutId, PerformanceId, RefundId},
};
use rust_decimal::Decimal;
use sqlx::types::Json;

use super::journals::lines;
use crate::{
    About, FeeRule, Party, ReleaseTerms, Source,
    rules::settlement::row::{Entry, Names, PayoutName, PerformanceName, SoldUnder},
};

/// The last place in the books.
pub(crate) async fn last(tx: &mut TenantTx) -> Result<i64> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar("select coalesce(max(position), 0) from journal_positions where reseller_id = $1")
        .bind(reseller)
        .fetch_one(tx.conn())
        .await?)
}

/// When the first journal of a currency was posted.
pub(crate) async fn first_posted(tx: &mut TenantTx, currency: Currency) -> Result<Instant> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar("select min(posted_at) from journals where reseller_id = $1 and currency = $2")
        .bind(reseller)
        .bind(currency.code())
        .fetch_one(tx.conn())
        .await?)
}

/// The last place before the first journal that was posted at this time or later, of the places up to `last` that no settlement
/// covers.
pub(crate) async fn last_before(tx: &mut TenantTx, at: Instant, last: i64) -> Result<i64> {
    let reseller = tx.reseller();
    let first: Option<i64> = sqlx::query_scalar(
        "select p.position from journal_positions p
         join journals j on j.reseller_id = $1 and j.journal_id = p.journal_id
         where p.reseller_id = $1 and p.position <= $3 and j.posted_at >= $2
           and p.position > (select coalesce(max(last_position), 0) from settlements where reseller_id = $1)
         order by p.position limit 1",
    )
    .bind(reseller)
    .bind(at)
    .bind(last)
    .fetch_optional(tx.conn())
    .await?;
    Ok(first.map_or(last, |first| first - 1))
}

/// The digest of the books up to a place.
pub(crate) async fn digest(tx: &mut TenantTx, position: i64) -> Result<Vec<u8>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar("select digest from journal_positions where reseller_id = $1 and position = $2")
        .bind(reseller)
        .bind(position)
        .fetch_one(tx.conn())
        .await?)
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    position: i64,
    journal_id: JournalId,
    source: String,
    accounts: Vec<String>,
    amounts: Vec<Decimal>,
    about: Json<About>,
    effective_at: Instant,
    posted_at: Instant,
}

/// Up to `limit` journals of a currency after a place and up to another.
pub(crate) async fn entries(
    tx: &mut TenantTx,
    currency: Currency,
    (after, last): (i64, i64),
    limit: i64,
) -> Result<Vec<Entry>> {
    let reseller = tx.reseller();
    let rows: Vec<EntryRow> = sqlx::query_as(
        "select p.position, j.journal_id, j.source, j.accounts, j.amounts, j.about, j.effective_at, j.posted_at
         from journal_positions p join journals j on j.reseller_id = $1 and j.journal_id = p.journal_id
         where p.reseller_id = $1 and p.position > $3 and p.position <= $4 and j.currency = $2
         order by p.position limit $5",
    )
    .bind(reseller)
    .bind(currency.code())
    .bind(after)
    .bind(last)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Entry {
                lines: lines(&row.accounts, &row.amounts)?,
                position: row.position,
                journal: row.journal_id,
                source: row.source,
                about: row.about.0,
                effective_at: row.effective_at,
                posted_at: row.posted_at,
            })
        })
        .collect::<Result<_, Error>>()
}

/// What the ids of these journals are called now.
pub(crate) async fn names(tx: &mut TenantTx, entries: &[Entry]) -> Result<Names> {
    let abouts = || entries.iter().map(|entry| &entry.about);
    let sold = abouts().flat_map(|about| about.items.iter().map(|item| item.sold.performance));
    let performances: Vec<PerformanceId> = distinct(sold.chain(abouts().filter_map(|about| about.performance_id)));
    let orders: Vec<OrderId> = distinct(abouts().filter_map(|about| about.order_id));
    let refunds: Vec<RefundId> = distinct(abouts().filter_map(|about| about.refund_id));
    let payouts: Vec<PayoutId> = distinct(abouts().filter_map(|about| about.payout_id));
    let items = sold_under(tx, &orders).await?;
    Ok(Names {
        performances: performances_of(tx, &performances).await?,
        references: references(tx, &orders).await?,
        rates: rates(tx, &distinct(items.values().map(|under| under.rule))).await?,
        items,
        invoiced: invoiced(tx, entries).await?,
        payouts: payouts_of(tx, &payouts).await?,
        charges: charges(tx, &orders).await?,
        refunds: provider_refunds(tx, &refunds).await?,
    })
}

fn distinct<T: Ord>(ids: impl Iterator<Item = T>) -> Vec<T> {
    ids.collect::<std::collections::BTreeSet<T>>().into_iter().collect()
}

async fn performances_of(tx: &mut TenantTx, ids: &[PerformanceId]) -> Result<HashMap<PerformanceId, PerformanceName>> {
    let reseller = tx.reseller();
    let rows: Vec<(PerformanceId, String, Instant, Instant)> = sqlx::query_as(
        "select p.performance_id, p.title, p.starts_at,
                coalesce((select min(r.released_at) from releases r
                          where r.reseller_id = $1 and r.performance_id = p.performance_id),
                         p.ends_at + make_interval(days => coalesce(t.release_after_days, $3)))
         from told_performances p
         left join release_terms t on t.reseller_id = $1
         where p.reseller_id = $1 and p.performance_id = any ($2)",
    )
    .bind(reseller)
    .bind(ids)
    .bind(i32::from(ReleaseTerms::default().release_after_days()))
    .fetch_all(tx.conn())
    .await?;
    let name = |(id, title, starts_at, available_at)| (id, PerformanceName { title, starts_at, available_at });
    Ok(rows.into_iter().map(name).collect())
}

async fn references(tx: &mut TenantTx, ids: &[OrderId]) -> Result<HashMap<OrderId, String>> {
    let reseller = tx.reseller();
    let rows: Vec<(OrderId, String)> = sqlx::query_as(
        "select order_id, reference from told_orders
         where reseller_id = $1 and order_id = any ($2) and reference is not null",
    )
    .bind(reseller)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().collect())
}

async fn sold_under(tx: &mut TenantTx, ids: &[OrderId]) -> Result<HashMap<(OrderId, i16), SoldUnder>> {
    let reseller = tx.reseller();
    let rows: Vec<(OrderId, i16, FeeRuleId, String)> = sqlx::query_as(
        "select order_id, item_no, fee_rule_id, channel from told_items where reseller_id = $1 and order_id = any ($2)",
    )
    .bind(reseller)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|(order, item, rule, channel)| ((order, item), SoldUnder { rule, channel })).collect())
}

/// On which fee invoices the sales were whose orders these journals move after their sale, of those that earlier settlements have.
async fn invoiced(tx: &mut TenantTx, entries: &[Entry]) -> Result<HashMap<OrderId, i32>> {
    let later = entries.iter().filter(|entry| !entry.source.starts_with("sale:"));
    let orders: Vec<OrderId> = distinct(later.filter_map(|entry| entry.about.order_id));
    let Some(first) = entries.first().filter(|_| !orders.is_empty()) else { return Ok(HashMap::new()) };
    let sales: Vec<String> = orders.iter().map(|order| Source::Sale(*order).to_string()).collect();
    let reseller = tx.reseller();
    let rows: Vec<(String, i32)> = sqlx::query_as(
        "select j.source, s.fee_invoice_number
         from journals j
         join journal_positions p on p.reseller_id = $1 and p.journal_id = j.journal_id
         join settlements s on s.reseller_id = $1 and s.currency = j.currency
                           and p.position between s.first_position and s.last_position
         where j.reseller_id = $1 and j.source = any ($2) and p.position < $3 and s.fee_invoice_number is not null",
    )
    .bind(reseller)
    .bind(&sales)
    .bind(first.position)
    .fetch_all(tx.conn())
    .await?;
    let numbers: HashMap<String, i32> = rows.into_iter().collect();
    Ok(orders.iter().zip(&sales).filter_map(|(order, sale)| Some((*order, *numbers.get(sale)?))).collect())
}

pub(crate) async fn payouts_of(tx: &mut TenantTx, ids: &[PayoutId]) -> Result<HashMap<PayoutId, PayoutName>> {
    let reseller = tx.reseller();
    let rows: Vec<(PayoutId, Option<String>, Option<String>)> = sqlx::query_as(
        "select payout_id, provider_transfer, provider_payout from told_payouts where reseller_id = $1 and payout_id = any ($2)",
    )
    .bind(reseller)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|(id, transfer, to_bank)| (id, PayoutName { transfer, to_bank })).collect())
}

async fn rates(tx: &mut TenantTx, ids: &[FeeRuleId]) -> Result<HashMap<FeeRuleId, Decimal>> {
    let reseller = tx.reseller();
    let rows: Vec<(FeeRuleId, Decimal)> =
        sqlx::query_as("select fee_rule_id, tax_rate from fee_rules where reseller_id = $1 and fee_rule_id = any ($2)")
            .bind(reseller)
            .bind(ids)
            .fetch_all(tx.conn())
            .await?;
    let default = FeeRule::platform_default();
    Ok(rows.into_iter().chain([(default.id, default.tax_rate())]).collect())
}

/// Whose books they are, as it is told now; nobody where the account is not known.
pub(crate) async fn account_holder(tx: &mut TenantTx) -> Result<Party> {
    let reseller = tx.reseller();
    let found: Option<Party> = sqlx::query_as(
        "select legal_name as name, address, country::text as country, tax_id from told_account_holders where reseller_id = $1",
    )
    .bind(reseller)
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.unwrap_or_default())
}

async fn charges(tx: &mut TenantTx, ids: &[OrderId]) -> Result<HashMap<OrderId, String>> {
    let reseller = tx.reseller();
    let rows: Vec<(OrderId, String)> = sqlx::query_as(
        "select distinct on (order_id) order_id, provider_charge from told_charges
         where reseller_id = $1 and order_id = any ($2)
         order by order_id, attempt",
    )
    .bind(reseller)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().collect())
}

async fn provider_refunds(tx: &mut TenantTx, ids: &[RefundId]) -> Result<HashMap<RefundId, String>> {
    let reseller = tx.reseller();
    let rows: Vec<(RefundId, String)> = sqlx::query_as(
        "select refund_id, provider_refund from told_refunds where reseller_id = $1 and refund_id = any ($2)",
    )
    .bind(reseller)
    .bind(ids)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().collect())
}
