//! The tables `settlement_schedules`, `settlements` and `settlement_pages`.

use foundation::{
    Cell, Currency, Instant, Result, TenantTx,
    id::{ResellerId, SettlementId},
};
use rust_decimal::Decimal;
use sqlx::types::Json;

use crate::{
    Every,
    rules::settlement::{book::RowsText, document::Standing},
};

/// The most tenants that one look gives.
const TENANTS_MAX: i64 = 1_000;

/// When a reseller's periods end.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SettlementSchedule {
    /// How often.
    pub every: Every,
    /// At midnight of this zone.
    pub time_zone: String,
    /// The end of the open period; none where it is closed by hand.
    #[sqlx(try_from = "Instant")]
    pub closes_at: ClosesAt,
    /// Its version.
    pub version: i64,
}

/// When the open period ends, if at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClosesAt(pub Option<Instant>);

impl From<Instant> for ClosesAt {
    fn from(at: Instant) -> Self {
        Self((at != Instant::NEVER).then_some(at))
    }
}

/// The schedule, if there is one.
pub(crate) async fn schedule(tx: &mut TenantTx) -> Result<Option<SettlementSchedule>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as("select every, time_zone, closes_at, version from settlement_schedules where reseller_id = $1")
        .bind(reseller)
        .fetch_optional(tx.conn())
        .await?)
}

/// Makes the schedule unless there is one.
pub(crate) async fn make_schedule(tx: &mut TenantTx, every: Every, zone: &str, closes_at: Instant) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into settlement_schedules (reseller_id, every, time_zone, closes_at) values ($1, $2, $3, $4)
         on conflict do nothing",
    )
    .bind(reseller)
    .bind(every)
    .bind(zone)
    .bind(closes_at)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Locks the schedule; who has it may close a period.
pub(crate) async fn lock(tx: &mut TenantTx) -> Result<SettlementSchedule> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select every, time_zone, closes_at, version from settlement_schedules where reseller_id = $1 for update",
    )
    .bind(reseller)
    .fetch_one(tx.conn())
    .await?)
}

/// Changes the locked schedule. Gives its version.
pub(crate) async fn set_schedule(tx: &mut TenantTx, every: Every, zone: &str, closes_at: Instant) -> Result<i64> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "update settlement_schedules set every = $2, time_zone = $3, closes_at = $4, version = version + 1
         where reseller_id = $1 returning version",
    )
    .bind(reseller)
    .bind(every)
    .bind(zone)
    .bind(closes_at)
    .fetch_one(tx.conn())
    .await?)
}

/// Sets when the open period ends; the schedule is the same.
pub(crate) async fn set_closes_at(tx: &mut TenantTx, closes_at: Instant) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query("update settlement_schedules set closes_at = $2 where reseller_id = $1")
        .bind(reseller)
        .bind(closes_at)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Tenants whose open period has ended, by their own clocks, over the whole cell.
pub(crate) async fn due(cell: &Cell) -> Result<Vec<ResellerId>> {
    Ok(sqlx::query_scalar(
        "select s.reseller_id from settlement_schedules s left join test_clocks c using (reseller_id)
         where s.closes_at <= clock_timestamp() + coalesce(c.ahead, interval '0')
         order by s.closes_at limit $1",
    )
    .bind(TENANTS_MAX)
    .fetch_all(cell.workers())
    .await?)
}

/// The end of a currency's newest settlement, from which the next one goes on.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Before {
    pub(crate) number: i32,
    pub(crate) last_position: i64,
    pub(crate) ends_at: Instant,
    pub(crate) standing: Json<Standing>,
    pub(crate) document_digest: Vec<u8>,
}

/// The numbers of a currency's newest fee invoice and credit note; 0 if there is none.
pub(crate) async fn newest_papers(tx: &mut TenantTx, currency: Currency) -> Result<(i32, i32)> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select coalesce(max(fee_invoice_number), 0), coalesce(max(credit_note_number), 0)
         from settlements where reseller_id = $1 and currency = $2",
    )
    .bind(reseller)
    .bind(currency.code())
    .fetch_one(tx.conn())
    .await?)
}

pub(crate) async fn newest(tx: &mut TenantTx, currency: Currency) -> Result<Option<Before>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select number, last_position, ends_at, standing, document_digest from settlements
         where reseller_id = $1 and currency = $2 order by number desc limit 1",
    )
    .bind(reseller)
    .bind(currency.code())
    .fetch_optional(tx.conn())
    .await?)
}

/// A settlement to keep.
pub(crate) struct New<'a> {
    pub(crate) id: SettlementId,
    pub(crate) currency: Currency,
    pub(crate) number: i32,
    pub(crate) positions: (i64, i64),
    pub(crate) begins_at: Option<Instant>,
    pub(crate) ends_at: Instant,
    pub(crate) closed_at: Instant,
    pub(crate) balances: (Decimal, Decimal),
    pub(crate) standing: Standing,
    pub(crate) rows: i64,
    /// The numbers of the fee invoice and of the credit note.
    pub(crate) papers: (Option<i32>, Option<i32>),
    pub(crate) document: &'a str,
    /// Of the document, the JSON lines and the CSV.
    pub(crate) digests: [Vec<u8>; 3],
}

pub(crate) async fn insert(tx: &mut TenantTx, new: New<'_>) -> Result<()> {
    let reseller = tx.reseller();
    let [document_digest, jsonl_digest, csv_digest] = new.digests;
    sqlx::query(
        "insert into settlements (reseller_id, settlement_id, currency, number, first_position, last_position, begins_at,
                                  ends_at, closed_at, opening, closing, standing, row_count, document, document_digest,
                                  jsonl_digest, csv_digest, fee_invoice_number, credit_note_number)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
    )
    .bind(reseller)
    .bind(new.id)
    .bind(new.currency.code())
    .bind(new.number)
    .bind(new.positions.0)
    .bind(new.positions.1)
    .bind(new.begins_at)
    .bind(new.ends_at)
    .bind(new.closed_at)
    .bind(new.balances.0)
    .bind(new.balances.1)
    .bind(Json(new.standing))
    .bind(new.rows)
    .bind(new.document)
    .bind(document_digest)
    .bind(jsonl_digest)
    .bind(csv_digest)
    .bind(new.papers.0)
    .bind(new.papers.1)
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(crate) async fn insert_page(tx: &mut TenantTx, id: SettlementId, page: i32, text: &RowsText) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into settlement_pages (reseller_id, settlement_id, page, jsonl, csv) values ($1, $2, $3, $4, $5)",
    )
    .bind(reseller)
    .bind(id)
    .bind(page)
    .bind(&text.jsonl)
    .bind(&text.csv)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A closed period as it was sealed.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct SealedSettlement {
    /// The settlement.
    pub settlement_id: SettlementId,
    /// When it was sealed.
    pub closed_at: Instant,
    /// What is told of it, as JSON.
    pub document: String,
    /// The SHA-256 of its rows as JSON lines.
    pub jsonl_digest: Vec<u8>,
    /// The SHA-256 of its rows as CSV.
    pub csv_digest: Vec<u8>,
}

pub(crate) async fn find(tx: &mut TenantTx, id: SettlementId) -> Result<Option<SealedSettlement>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select settlement_id, closed_at, document, jsonl_digest, csv_digest from settlements
         where reseller_id = $1 and settlement_id = $2",
    )
    .bind(reseller)
    .bind(id)
    .fetch_optional(tx.conn())
    .await?)
}

/// Which settlements to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct SettlementFilter {
    /// Of this currency only.
    pub currency: Option<Currency>,
    /// Closed then or later.
    pub closed_from: Option<Instant>,
    /// Closed before then.
    pub closed_to: Option<Instant>,
}

/// Settlements in the order in which they were closed, after this one.
pub(crate) async fn list(
    tx: &mut TenantTx,
    filter: &SettlementFilter,
    after: Option<(Instant, SettlementId)>,
    limit: i64,
) -> Result<Vec<SealedSettlement>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select settlement_id, closed_at, document, jsonl_digest, csv_digest from settlements
         where reseller_id = $1 and ($2::text is null or currency = $2) and closed_at >= $3 and closed_at < $4
           and ($5::timestamptz is null or (closed_at, settlement_id) > ($5, $6))
         order by closed_at, settlement_id limit $7",
    )
    .bind(reseller)
    .bind(filter.currency.map(Currency::code))
    .bind(filter.closed_from.unwrap_or(Instant::LONG_AGO))
    .bind(filter.closed_to.unwrap_or(Instant::NEVER))
    .bind(after.map(|after| after.0))
    .bind(after.map(|after| after.1))
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// A page of a closed period's rows as it was sealed, counted from 1.
pub(crate) async fn page(tx: &mut TenantTx, id: SettlementId, page: i32) -> Result<Option<RowsText>> {
    let reseller = tx.reseller();
    let text: Option<(String, String)> = sqlx::query_as(
        "select jsonl, csv from settlement_pages where reseller_id = $1 and settlement_id = $2 and page = $3",
    )
    .bind(reseller)
    .bind(id)
    .bind(page)
    .fetch_optional(tx.conn())
    .await?;
    Ok(text.map(|(jsonl, csv)| RowsText { jsonl, csv }))
}

/// What a settlement was sealed with.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Digests {
    pub(crate) settlement_id: SettlementId,
    pub(crate) row_count: i64,
    /// Whether what is told of it has its digest.
    pub(crate) document_holds: bool,
    pub(crate) jsonl_digest: Vec<u8>,
    pub(crate) csv_digest: Vec<u8>,
}

/// What every settlement was sealed with.
pub(crate) async fn digests(tx: &mut TenantTx) -> Result<Vec<Digests>> {
    let reseller = tx.reseller();
    Ok(sqlx::query_as(
        "select settlement_id, row_count, sha256(convert_to(document, 'UTF8')) = document_digest as document_holds,
                jsonl_digest, csv_digest
         from settlements where reseller_id = $1 order by currency, number",
    )
    .bind(reseller)
    .fetch_all(tx.conn())
    .await?)
}
