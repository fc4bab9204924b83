//! The book of a period while it is written: numbers the rows, carries the balance, and writes both forms of each row with their
//! digests.

use std::collections::BTreeMap;

use foundation::{
    Currency, Instant,
    id::{FeeRuleId, JournalId, OrderId, PayoutId, PerformanceId, SettlementId, TicketId},
};
use jiff::{Timestamp, tz::TimeZone};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{
    category::Category,
    document::{CategoryTotal, PeriodState, Standing},
    fees::{self, FeesByRate},
    payouts::Payouts,
    row::{Amounts, Entry, Names, PerformanceName, Row, rows},
};
use crate::rules::{
    account::Account,
    table::{csv_line, harmless},
    ticket_tax::TaxRate,
};

/// What all rows of a period say.
#[derive(Debug, Clone)]
pub(crate) struct Period {
    /// None while it is open.
    pub(crate) settlement: Option<SettlementId>,
    pub(crate) region: String,
    pub(crate) currency: Currency,
    pub(crate) zone: TimeZone,
}

/// A row as it is told, in the order of the columns. `row_hash` follows last: it is made of all before it and of the hash of
/// the row before.
#[derive(Serialize)]
struct Told<'a> {
    settlement_id: Option<SettlementId>,
    row_no: i64,
    position: i64,
    posted_at_utc: Instant,
    posted_at_local: String,
    effective_at: Instant,
    category: Category,
    journal_id: JournalId,
    source_id: &'a str,
    reverses_journal_id: Option<&'a str>,
    performance_id: Option<PerformanceId>,
    performance_name: Option<&'a str>,
    performance_starts_at: Option<Instant>,
    order_id: Option<OrderId>,
    client_reference: Option<&'a str>,
    ticket_ids: &'a [TicketId],
    ticket_type: Option<&'a str>,
    quantity: i64,
    channel: Option<&'a str>,
    currency: Currency,
    gross: Decimal,
    face_value: Decimal,
    ticket_tax: Decimal,
    ticket_tax_rate: Option<Decimal>,
    buyer_fee: Decimal,
    platform_fee: Decimal,
    platform_fee_rule: Option<FeeRuleId>,
    hosting_fee: Decimal,
    platform_fee_tax: Decimal,
    provider_fee: Decimal,
    refund: Decimal,
    dispute: Decimal,
    other: Decimal,
    net: Decimal,
    balance_after: Decimal,
    available_on: Option<String>,
    payout_id: Option<PayoutId>,
    provider: Option<&'static str>,
    provider_ref: Option<&'a str>,
    region: &'a str,
    period_state: PeriodState,
}

/// The columns, in order; the first line of the CSV.
pub(crate) const COLUMNS: [&str; 42] = [
    "settlement_id",
    "row_no",
    "position",
    "posted_at_utc",
    "posted_at_local",
    "effective_at",
    "category",
    "journal_id",
    "source_id",
    "reverses_journal_id",
    "performance_id",
    "performance_name",
    "performance_starts_at",
    "order_id",
    "client_reference",
    "ticket_ids",
    "ticket_type",
    "quantity",
    "channel",
    "currency",
    "gross",
    "face_value",
    "ticket_tax",
    "ticket_tax_rate",
    "buyer_fee",
    "platform_fee",
    "platform_fee_rule",
    "hosting_fee",
    "platform_fee_tax",
    "provider_fee",
    "refund",
    "dispute",
    "other",
    "net",
    "balance_after",
    "available_on",
    "payout_id",
    "provider",
    "provider_ref",
    "region",
    "period_state",
    "row_hash",
];

/// Columns that people have written. A spreadsheet would take some of it for a formula.
const WRITTEN_BY_PEOPLE: [&str; 4] = ["performance_name", "client_reference", "ticket_type", "channel"];

/// Some rows in both forms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowsText {
    /// One JSON object a line.
    pub jsonl: String,
    /// RFC 4180; the first one has the names of the columns.
    pub csv: String,
}

impl RowsText {
    /// Puts more behind it.
    pub(crate) fn push(&mut self, more: &Self) {
        self.jsonl.push_str(&more.jsonl);
        self.csv.push_str(&more.csv);
    }
}

/// What a period comes to up to a place: enough to go on from there and tell of it, but not to write its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    standing: Standing,
    rows: i64,
    totals: Amounts,
    by_category: BTreeMap<Category, (i64, Decimal)>,
    payouts: Payouts,
}

impl Kept {
    /// How it is written. Whoever changes what is kept, or what any of it means, counts this up: what was kept before is made anew.
    pub(crate) const FORMAT: i16 = 1;
}

/// A period's book.
pub(crate) struct Book {
    period: Period,
    pub(crate) opening: Decimal,
    pub(crate) standing: Standing,
    pub(crate) rows: i64,
    pub(crate) totals: Amounts,
    by_category: BTreeMap<Category, (i64, Decimal)>,
    pub(crate) fees: FeesByRate,
    pub(crate) payouts: Payouts,
    balance: Decimal,
    row_hash: Vec<u8>,
    jsonl: Sha256,
    csv: Sha256,
    has_heading: bool,
}

impl Book {
    /// Opens it with how the accounts stood at the end of the period before.
    pub(crate) fn open(period: Period, standing: Standing) -> Self {
        let opening = period.currency.round(standing.balance());
        Self {
            period,
            opening,
            standing,
            rows: 0,
            totals: Amounts::default(),
            by_category: BTreeMap::new(),
            fees: FeesByRate::new(),
            payouts: Payouts::default(),
            balance: opening,
            row_hash: Vec::new(),
            jsonl: Sha256::new(),
            csv: Sha256::new(),
            has_heading: false,
        }
    }

    /// What it comes to so far.
    pub(crate) fn kept(&self) -> Kept {
        Kept {
            standing: self.standing,
            rows: self.rows,
            totals: self.totals,
            by_category: self.by_category.clone(),
            payouts: self.payouts.clone(),
        }
    }

    /// Goes on from what was kept of the same period.
    pub(crate) fn resume(&mut self, kept: Kept) {
        self.balance = self.period.currency.round(kept.standing.balance());
        let Kept { standing, rows, totals, by_category, payouts } = kept;
        (self.standing, self.rows, self.totals) = (standing, rows, totals);
        (self.by_category, self.payouts) = (by_category, payouts);
    }

    pub(crate) fn period(&self) -> &Period {
        &self.period
    }

    /// Enters some journals, in the order of their places.
    ///
    /// # Errors
    /// If a row cannot be written.
    pub(crate) fn enter(&mut self, entries: &[Entry], names: &Names) -> Result<RowsText, serde_json::Error> {
        let mut text = RowsText::default();
        if !self.has_heading {
            self.has_heading = true;
            text.csv.push_str(&csv_line(COLUMNS));
        }
        for entry in entries {
            self.carry(entry);
            self.payouts.enter(entry, names);
            for row in rows(entry, names, self.period.currency) {
                self.write(entry, &row, names, &mut text)?;
            }
        }
        self.jsonl.update(&text.jsonl);
        self.csv.update(&text.csv);
        Ok(text)
    }

    /// What rows of each category come to.
    pub(crate) fn by_category(&self) -> Vec<CategoryTotal> {
        let total = |(&category, &(rows, net)): (&Category, &(i64, Decimal))| CategoryTotal {
            category,
            rows,
            net: foundation::Money::rounded(net, self.period.currency),
        };
        self.by_category.iter().map(total).collect()
    }

    /// The digests of all that was written: of the JSON lines, and of the CSV.
    pub(crate) fn digests(self) -> [Vec<u8>; 2] {
        [self.jsonl.finalize().to_vec(), self.csv.finalize().to_vec()]
    }

    fn carry(&mut self, entry: &Entry) {
        let standing = &mut self.standing;
        for (sum, account) in [
            (&mut standing.pending, Account::ResellerPending),
            (&mut standing.available, Account::ResellerAvailable),
            (&mut standing.dispute_reserve, Account::ResellerDisputeReserve),
            (&mut standing.rolling_reserve, Account::ResellerRollingReserve),
            (&mut standing.credit_outstanding, Account::VoucherOutstanding),
        ] {
            *sum -= entry.change(account);
        }
    }

    fn write(&mut self, entry: &Entry, row: &Row, names: &Names, text: &mut RowsText) -> Result<(), serde_json::Error> {
        self.rows += 1;
        self.balance = self.period.currency.round(self.balance + row.amounts.net);
        self.totals.add(&row.amounts);
        let rate = row.rule.and_then(|rule| names.rates.get(&rule).copied()).or(entry.about.fee_tax_rate);
        let invoiced = entry.about.order_id.and_then(|order| names.invoiced.get(&order).copied());
        fees::enter(&mut self.fees, row, rate, invoiced);
        let of_category = self.by_category.entry(row.category).or_default();
        *of_category = (of_category.0 + 1, of_category.1 + row.amounts.net);
        let mut told = serde_json::to_value(self.told(entry, row, names))?;
        let mut hash = Sha256::new_with_prefix(&self.row_hash);
        hash.update(told.to_string());
        self.row_hash = hash.finalize().to_vec();
        told["row_hash"] = Value::from(hex::encode(&self.row_hash));
        text.jsonl.push_str(&told.to_string());
        text.jsonl.push('\n');
        let cells = COLUMNS.iter().map(|column| cell(column, &told[*column]));
        text.csv.push_str(&csv_line(cells));
        Ok(())
    }

    fn told<'a>(&'a self, entry: &'a Entry, row: &'a Row, names: &'a Names) -> Told<'a> {
        let performance = row.performance.and_then(|id| names.performances.get(&id));
        let order = entry.about.order_id;
        let amounts = &row.amounts;
        Told {
            settlement_id: self.period.settlement,
            row_no: self.rows,
            position: entry.position,
            posted_at_utc: entry.posted_at,
            posted_at_local: local(entry.posted_at, &self.period.zone),
            effective_at: entry.effective_at,
            category: row.category,
            journal_id: entry.journal,
            source_id: &entry.source,
            reverses_journal_id: entry.source.strip_prefix("rev:"),
            performance_id: row.performance,
            performance_name: performance.map(|of| of.title.as_str()),
            performance_starts_at: performance.map(|of| of.starts_at),
            order_id: order,
            client_reference: order.and_then(|order| names.references.get(&order)).map(String::as_str),
            ticket_ids: &row.tickets,
            ticket_type: row.ticket_type.as_deref(),
            quantity: row.quantity,
            channel: row.channel.as_deref(),
            currency: self.period.currency,
            gross: amounts.gross,
            face_value: amounts.face_value,
            ticket_tax: amounts.ticket_tax,
            ticket_tax_rate: row.tax_rate.map(TaxRate::percent),
            buyer_fee: amounts.buyer_fee,
            platform_fee: amounts.platform_fee,
            platform_fee_rule: row.rule,
            hosting_fee: amounts.hosting_fee,
            platform_fee_tax: amounts.platform_fee_tax,
            provider_fee: amounts.provider_fee,
            refund: amounts.refund,
            dispute: amounts.dispute,
            other: amounts.other,
            net: amounts.net,
            balance_after: self.balance,
            available_on: available_at(entry, performance).map(|at| day(at, &self.period.zone)),
            payout_id: entry.about.payout_id,
            provider: row.provider_ref.as_ref().map(|_| "stripe"),
            provider_ref: row.provider_ref.as_deref(),
            region: &self.period.region,
            period_state: if self.period.settlement.is_some() { PeriodState::Closed } else { PeriodState::Open },
        }
    }
}

/// When a row counts in what is available: at once where that is what it moves, otherwise with its performance's money. None for
/// pending money of no performance in particular.
fn available_at(entry: &Entry, performance: Option<&PerformanceName>) -> Option<Instant> {
    if entry.lines.iter().any(|line| line.account == Account::ResellerAvailable) {
        return Some(entry.posted_at);
    }
    performance.map(|of| of.available_at.max(entry.posted_at))
}

/// A time by the clock there.
fn local(at: Instant, zone: &TimeZone) -> String {
    Timestamp::from_microsecond(at.as_micros())
        .map(|at| at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
        .unwrap_or_default()
}

/// The day of a time by the calendar there.
pub(crate) fn day(at: Instant, zone: &TimeZone) -> String {
    Timestamp::from_microsecond(at.as_micros())
        .map(|at| at.to_zoned(zone.clone()).date().to_string())
        .unwrap_or_default()
}

/// A value as a cell of a table: nothing for null, the members of a list with spaces between.
fn cell(column: &str, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if WRITTEN_BY_PEOPLE.contains(&column) => harmless(text),
        Value::String(text) => text.clone(),
        Value::Array(members) => members.iter().map(|member| cell(column, member)).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}
