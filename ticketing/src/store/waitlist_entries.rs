//! The SQL of the entries of waitlists.

use accounting::Channel;
use foundation::{
    Code, Instant, Refusal, Result, TenantTx,
    id::{HoldId, PerformanceId, WaitlistEntryId},
    mail::Language,
    refusal::OnConstraint,
    seal::Mark,
};
use sqlx::types::Json;

use super::known;
use crate::rules::{
    order::Buyer,
    waitlist::{Entry, EntryState, Wanted},
};

#[derive(sqlx::FromRow)]
struct Row {
    entry_id: WaitlistEntryId,
    performance_id: PerformanceId,
    no: i64,
    state: String,
    wants: Json<Vec<Wanted>>,
    tickets: i16,
    buyer_name: Option<String>,
    buyer_email: String,
    buyer_reference: Option<String>,
    sold_through: String,
    language: Option<Language>,
    hold_id: Option<HoldId>,
    offer_ends_at: Option<Instant>,
    gathers_until: Option<Instant>,
    created_at: Instant,
    ended_at: Option<Instant>,
    version: i64,
}

impl Row {
    fn entry(self) -> Result<Entry> {
        Ok(Entry {
            id: self.entry_id,
            performance: self.performance_id,
            no: self.no,
            state: known("the state of an entry", &self.state, EntryState::parse(&self.state))?,
            wants: self.wants.0,
            tickets: self.tickets,
            buyer: Buyer { name: self.buyer_name, email: Some(self.buyer_email), language: self.language },
            buyer_reference: self.buyer_reference,
            sold_through: known("a channel", &self.sold_through, Channel::named(&self.sold_through))?,
            offer: self.hold_id.zip(self.offer_ends_at),
            gathers_until: self.gathers_until,
            created_at: self.created_at,
            ended_at: self.ended_at,
            version: self.version,
        })
    }
}

/// Writes a new entry; of its address there is one at a time.
///
/// # Errors
/// `waitlist_twice`, or the database's.
pub async fn insert(tx: &mut TenantTx, entry: &Entry, mark: Mark) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "insert into waitlist_entries (reseller_id, entry_id, performance_id, no, wants, tickets, buyer_name, buyer_email,
                                       buyer_mark, buyer_reference, language, created_at, sold_through)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(reseller)
    .bind(entry.id)
    .bind(entry.performance)
    .bind(entry.no)
    .bind(Json(&entry.wants))
    .bind(entry.tickets)
    .bind(&entry.buyer.name)
    .bind(&entry.buyer.email)
    .bind(mark.as_slice())
    .bind(&entry.buyer_reference)
    .bind(entry.buyer.language)
    .bind(entry.created_at)
    .bind(entry.sold_through.as_str())
    .execute(tx.conn())
    .await
    .on_constraint("waitlist_entries_once_key", || {
        let detail = "This address is on the waitlist already; it keeps its place. To change what would do, leave and join again.";
        Refusal::new(Code::WaitlistTwice, detail)
    })?;
    Ok(())
}

/// The entry of this id.
///
/// # Errors
/// `not_found`, or the database's.
pub async fn get(tx: &mut TenantTx, performance: PerformanceId, id: WaitlistEntryId) -> Result<Entry> {
    let reseller = tx.reseller();
    let row: Option<Row> = sqlx::query_as(
        "select entry_id, performance_id, no, state, wants, tickets, buyer_name, buyer_email, buyer_reference, sold_through, language,
                hold_id, offer_ends_at, gathers_until, created_at, ended_at, version
         from waitlist_entries where reseller_id = $1 and entry_id = $2 and performance_id = $3",
    )
    .bind(reseller)
    .bind(id)
    .bind(performance)
    .fetch_optional(tx.conn())
    .await?;
    row.ok_or_else(|| Refusal::missing("entry of the waitlist"))?.entry()
}

/// How many wait before this number.
///
/// # Errors
/// The database's.
pub async fn before(tx: &mut TenantTx, performance: PerformanceId, no: i64) -> Result<i64> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "select count(*) from waitlist_entries
         where reseller_id = $1 and performance_id = $2 and state = 'waiting' and no < $3",
    )
    .bind(reseller)
    .bind(performance)
    .bind(no)
    .fetch_one(tx.conn())
    .await?)
}

/// A page of a performance's entries in the order of the list, in this state if one is named.
///
/// # Errors
/// The database's.
pub async fn list(
    tx: &mut TenantTx,
    performance: PerformanceId,
    state: Option<EntryState>,
    after: i64,
    limit: i64,
) -> Result<Vec<Entry>> {
    let reseller = tx.reseller();
    let rows: Vec<Row> = sqlx::query_as(
        "select entry_id, performance_id, no, state, wants, tickets, buyer_name, buyer_email, buyer_reference, sold_through, language,
                hold_id, offer_ends_at, gathers_until, created_at, ended_at, version
         from waitlist_entries
         where reseller_id = $1 and performance_id = $2 and ($3::text is null or state = $3) and no > $4
         order by no limit $5",
    )
    .bind(reseller)
    .bind(performance)
    .bind(state.map(EntryState::as_str))
    .bind(after)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::entry).collect()
}

/// Makes a hold the offer of an entry that waits, until then. Gives the entry's new version.
///
/// # Errors
/// The database's.
pub async fn offer(tx: &mut TenantTx, id: WaitlistEntryId, hold: HoldId, until: Instant) -> Result<i64> {
    let reseller = tx.reseller();
    Ok(sqlx::query_scalar(
        "with its as (update holds set waitlist_entry_id = $2 where reseller_id = $1 and hold_id = $3)
         update waitlist_entries set state = 'offered', hold_id = $3, offer_ends_at = $4, version = version + 1
         where reseller_id = $1 and entry_id = $2 and state = 'waiting' returning version",
    )
    .bind(reseller)
    .bind(id)
    .bind(hold)
    .bind(until)
    .fetch_one(tx.conn())
    .await?)
}

/// Notes until when tickets are gathered for these entries.
///
/// # Errors
/// The database's.
pub async fn gather(tx: &mut TenantTx, ids: &[WaitlistEntryId], until: Instant) -> Result<()> {
    let reseller = tx.reseller();
    sqlx::query(
        "update waitlist_entries set gathers_until = $3
         where reseller_id = $1 and entry_id = any($2) and state = 'waiting' and gathers_until is null",
    )
    .bind(reseller)
    .bind(ids)
    .bind(until)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Ends those of these entries that are in a state from which that may follow. Gives them.
///
/// # Errors
/// The database's.
pub async fn end(tx: &mut TenantTx, ids: &[WaitlistEntryId], to: EntryState, now: Instant) -> Result<Vec<Entry>> {
    let reseller = tx.reseller();
    let from: Vec<&str> =
        EntryState::ALL.iter().filter(|state| state.may_become(to)).map(|state| state.as_str()).collect();
    let rows: Vec<Row> = sqlx::query_as(
        "update waitlist_entries set state = $3, ended_at = $4, version = version + 1
         where reseller_id = $1 and entry_id = any($2) and state = any($5)
         returning entry_id, performance_id, no, state, wants, tickets, buyer_name, buyer_email, buyer_reference, sold_through, language, hold_id,
                   offer_ends_at, gathers_until, created_at, ended_at, version",
    )
    .bind(reseller)
    .bind(ids)
    .bind(to.as_str())
    .bind(now)
    .bind(from)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Row::entry).collect()
}
