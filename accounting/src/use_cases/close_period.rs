//! Closes periods: seals what they were, row by row and byte by byte, as it will be told for ever.

use foundation::{
    Cell, Currency, Error, Instant, Result, TenantTx,
    event::{self, NewEvent},
    id::{ResellerId, SettlementId},
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{
    period::{PeriodReader, Wanted},
    settlement_schedule::make_default,
};
use crate::{
    Party, RowsText, Settlement, balance,
    rules::settlement::{
        book::{Period, day},
        fees::{Issue, Papers, papers},
        schedule::{next_end, zone},
    },
    seal_tenant,
    store::{
        places,
        settlements::{self, SealedSettlement},
    },
};

/// Closes the open period of every currency that has rows in it, at `ends_at` or, without one, now. What is posted before that and
/// has no place yet falls into the next period, so call [`seal_tenant`] first. Two at once wait for each other.
///
/// # Errors
/// If the database does not answer.
pub async fn close_period(tx: &mut TenantTx, cell: &Cell, ends_at: Option<Instant>) -> Result<Vec<SealedSettlement>> {
    make_default(tx).await?;
    let schedule = settlements::lock(tx).await?;
    let now = tx.now().await?;
    let ends_at = ends_at.map_or(now, |at| at.min(now));
    let last = places::last(tx).await?;
    let last = places::last_before(tx, ends_at, last).await?;
    let mut closed = Vec::new();
    for used in balance(tx).await? {
        let wanted = Wanted {
            settlement: None,
            region: cell.region(),
            currency: used.currency,
            time_zone: &schedule.time_zone,
            ends_at,
            last,
        };
        closed.extend(close(tx, cell, wanted, now).await?);
    }
    Ok(closed)
}

/// Closes the periods that have come to their ends by their resellers' schedules, over the whole cell, each in a transaction of its
/// own. Gives how many settlements that made. Any number of processes may do so.
///
/// # Errors
/// If the database does not answer.
pub async fn close_due(cell: &Cell) -> Result<usize> {
    let mut closed = 0;
    for reseller in settlements::due(cell).await? {
        seal_tenant(cell, reseller).await?;
        while let Some(made) = close_next(cell, reseller).await? {
            closed += made;
        }
    }
    Ok(closed)
}

/// Closes the oldest period of a tenant that has ended; none if none has.
async fn close_next(cell: &Cell, reseller: ResellerId) -> Result<Option<usize>> {
    let mut tx = cell.tenant(reseller).await?;
    let schedule = settlements::lock(&mut tx).await?;
    let now = tx.now().await?;
    let Some(ends_at) = schedule.closes_at.0.filter(|at| *at <= now) else { return Ok(None) };
    let made = close_period(&mut tx, cell, Some(ends_at)).await?.len();
    settlements::set_closes_at(&mut tx, next_end(schedule.every, &zone(&schedule.time_zone)?, ends_at)).await?;
    tx.commit().await?;
    Ok(Some(made))
}

/// Closes the period of a currency; none where it has no rows.
async fn close(tx: &mut TenantTx, cell: &Cell, wanted: Wanted<'_>, now: Instant) -> Result<Option<SealedSettlement>> {
    let id = SettlementId::new();
    let mut reader = PeriodReader::open(tx, Wanted { settlement: Some(id), ..wanted }).await?;
    if reader
        .before
        .as_ref()
        .is_some_and(|before| before.ends_at >= wanted.ends_at || before.last_position >= wanted.last)
    {
        return Ok(None);
    }
    let (mut page, mut text) = (0, RowsText::default());
    while let Some(next) = reader.rows(tx).await? {
        text.push(&next);
        // The names of the columns wait for the first row.
        if reader.book.rows > 0 {
            page += 1;
            settlements::insert_page(tx, id, page, &text).await?;
            text = RowsText::default();
        }
    }
    if reader.book.rows == 0 {
        return Ok(None);
    }
    let papers = fee_papers(tx, cell, &reader, now).await?;
    seal(tx, reader, papers, id, now).await.map(Some)
}

/// The invoice and the credit note of the period's fees with the next numbers of their series, which the lock on the schedule keeps
/// without gaps; none where no fee moved, or nobody issues invoices.
async fn fee_papers(tx: &mut TenantTx, cell: &Cell, reader: &PeriodReader, now: Instant) -> Result<Papers> {
    let Some(entity) = cell.legal_entity() else { return Ok(Papers::default()) };
    let Period { region, currency, zone, .. } = reader.book.period();
    let begins = match &reader.before {
        Some(before) => before.ends_at,
        None => places::first_posted(tx, *currency).await?,
    };
    // The period ends before its end: the last day is the one of the moment before.
    let until = Instant::from_micros(reader.ends_at.as_micros() - 1);
    let issue = Issue {
        region,
        reseller: tx.reseller(),
        currency: *currency,
        newest: settlements::newest_papers(tx, *currency).await?,
        supplier: Party {
            name: entity.name.clone(),
            address: entity.address.clone(),
            country: entity.country.clone(),
            tax_id: Some(entity.tax_id.clone()),
        },
        customer: reader.account_holder.clone(),
        issued_on: day(now, zone),
        supplied: (day(begins, zone), day(until, zone)),
    };
    Ok(papers(&reader.book.fees, &issue))
}

/// Writes what is told of the period, and tells it.
async fn seal(
    tx: &mut TenantTx,
    reader: PeriodReader,
    papers: Papers,
    id: SettlementId,
    closed_at: Instant,
) -> Result<SealedSettlement> {
    let mut told = reader.document();
    let before = reader.before;
    let currency: Currency = told.currency;
    let number = before.as_ref().map_or(0, |before| before.number) + 1;
    let (balances, standing) =
        ((reader.book.opening, currency.round(reader.book.standing.balance())), reader.book.standing);
    let [jsonl_digest, csv_digest] = reader.book.digests();
    told.number = Some(number);
    let ((fee_invoice, invoice), (credit_note, note)) = (papers.invoice.unzip(), papers.credit_note.unzip());
    (told.fee_invoice, told.credit_note) = (invoice, note);
    told.closed_at = Some(closed_at);
    told.books_sha256 = Some(hex::encode(places::digest(tx, told.last_position).await?));
    told.jsonl_sha256 = Some(hex::encode(&jsonl_digest));
    told.csv_sha256 = Some(hex::encode(&csv_digest));
    told.previous_sha256 = before.map(|before| hex::encode(before.document_digest));
    let document = serde_json::to_string(&told).map_err(|error| Error::Inconsistent(error.to_string()))?;
    let digests = [Sha256::digest(&document).to_vec(), jsonl_digest.clone(), csv_digest.clone()];
    let new = settlements::New {
        id,
        currency,
        number,
        positions: (told.first_position, told.last_position),
        begins_at: told.begins_at,
        ends_at: told.ends_at,
        closed_at,
        balances,
        standing,
        rows: told.rows,
        papers: (fee_invoice, credit_note),
        document: &document,
        digests,
    };
    settlements::insert(tx, new).await?;
    event::append(tx, &[closed_event(id, &told)]).await?;
    Ok(SealedSettlement { settlement_id: id, closed_at, document, jsonl_digest, csv_digest })
}

fn closed_event(id: SettlementId, told: &Settlement) -> NewEvent {
    let data = json!({
        "id": id, "number": told.number, "currency": told.currency, "begins_at": told.begins_at, "ends_at": told.ends_at,
        "closed_at": told.closed_at, "rows": told.rows, "opening_balance": told.opening_balance,
        "closing_balance": told.closing_balance, "jsonl_sha256": told.jsonl_sha256, "csv_sha256": told.csv_sha256,
    });
    NewEvent::of("settlement.closed", "settlement", id, 1, data)
}
