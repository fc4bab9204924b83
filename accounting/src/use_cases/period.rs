//! Reads a period of the books, a page of journals at a time: what has its place and is in no settlement yet.

use foundation::{Currency, Error, Instant, Money, Result, TenantTx, id::SettlementId};

use crate::{
    Party, PeriodState, RowsText, Settlement,
    rules::settlement::{
        book::{Book, Period},
        document::{AccountsAtEnd, SettlementTotals, Standing},
        schedule::zone,
    },
    store::{
        open_periods, places,
        settlements::{self, Before},
    },
};

/// The most journals that one reading takes.
const PAGE: i64 = 500;
const PAGE_ENTRIES: usize = 500;

/// A period that is read from its beginning on.
pub struct PeriodReader {
    pub(super) book: Book,
    pub(super) before: Option<Before>,
    pub(super) ends_at: Instant,
    pub(super) last: i64,
    pub(super) account_holder: Party,
    time_zone: String,
    after: i64,
    is_begun: bool,
}

/// Which period to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) settlement: Option<SettlementId>,
    pub(super) region: &'a str,
    pub(super) currency: Currency,
    pub(super) time_zone: &'a str,
    pub(super) ends_at: Instant,
    /// The last place of it.
    pub(super) last: i64,
}

impl PeriodReader {
    pub(super) async fn open(tx: &mut TenantTx, wanted: Wanted<'_>) -> Result<Self> {
        let Wanted { settlement, region, currency, time_zone, ends_at, last } = wanted;
        let before = settlements::newest(tx, currency).await?;
        let standing = before.as_ref().map_or(Standing::default(), |before| before.standing.0);
        let period = Period { settlement, region: region.to_owned(), currency, zone: zone(time_zone)? };
        Ok(Self {
            after: before.as_ref().map_or(0, |before| before.last_position),
            book: Book::open(period, standing),
            before,
            ends_at,
            last,
            account_holder: places::account_holder(tx).await?,
            time_zone: time_zone.to_owned(),
            is_begun: false,
        })
    }

    /// The next rows; none at the end. The first have the names of the columns, even where there is no row.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn rows(&mut self, tx: &mut TenantTx) -> Result<Option<RowsText>> {
        let entries = places::entries(tx, self.book.period().currency, (self.after, self.last), PAGE).await?;
        match entries.last() {
            // What follows is in other currencies.
            Some(_) if entries.len() < PAGE_ENTRIES => self.after = self.last,
            Some(last) => self.after = last.position,
            None if self.is_begun => return Ok(None),
            None => self.after = self.after.max(self.last),
        }
        self.is_begun = true;
        let names = places::names(tx, &entries).await?;
        self.book.enter(&entries, &names).map(Some).map_err(|error| Error::Inconsistent(error.to_string()))
    }

    /// Goes on from what is kept of the period, if anything is.
    pub(super) async fn skip_kept(&mut self, tx: &mut TenantTx) -> Result<()> {
        if let Some((last, kept)) = open_periods::find(tx, self.book.period().currency, self.after).await? {
            self.book.resume(kept);
            self.after = last;
        }
        Ok(())
    }

    /// Whether everything up to its end was read.
    pub(super) fn is_read(&self) -> bool {
        self.after >= self.last
    }

    /// After which place it goes on, and up to which it was read.
    pub(super) fn counted(&self) -> (i64, i64) {
        (self.before.as_ref().map_or(0, |before| before.last_position), self.after)
    }

    /// Calls the payouts what they are called now: the bank's name for one comes after its first row.
    pub(super) async fn rename_payouts(&mut self, tx: &mut TenantTx) -> Result<()> {
        let names = places::payouts_of(tx, &self.book.payouts.ids()).await?;
        self.book.payouts.rename(&names);
        Ok(())
    }

    /// What is told of the period, once it was read to its end.
    pub(super) fn document(&self) -> Settlement {
        let Period { settlement, region, currency, .. } = self.book.period();
        let money = |amount| Money::rounded(amount, *currency);
        Settlement {
            id: *settlement,
            number: None,
            state: if settlement.is_some() { PeriodState::Closed } else { PeriodState::Open },
            region: region.clone(),
            account_holder: self.account_holder.clone(),
            currency: *currency,
            time_zone: self.time_zone.clone(),
            begins_at: self.before.as_ref().map(|before| before.ends_at),
            ends_at: self.ends_at,
            closed_at: None,
            first_position: self.before.as_ref().map_or(0, |before| before.last_position) + 1,
            last_position: self.last,
            rows: self.book.rows,
            opening_balance: money(self.book.opening),
            closing_balance: money(self.book.standing.balance()),
            totals: SettlementTotals::of(&self.book.totals, *currency),
            by_category: self.book.by_category(),
            accounts_at_end: AccountsAtEnd::of(&self.book.standing, *currency),
            payouts: self.book.payouts.listed(*currency),
            fee_invoice: None,
            credit_note: None,
            books_sha256: None,
            jsonl_sha256: None,
            csv_sha256: None,
            previous_sha256: None,
        }
    }
}
