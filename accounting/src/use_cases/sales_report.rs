//! The sales report: what was sold and refunded in a period, exact, from the journals alone.
//!
//! A refund counts in the period in which it was posted, whenever the ticket was sold or the performance was, so that
//! nothing ever changes in a report of the past.

use std::collections::BTreeMap;

use foundation::{
    Currency, Error, Instant, Refusal, Result, TenantTx,
    id::{PerformanceId, PromotionId, QuestionId, ShowId},
};
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::store::{
    self,
    sales::{Group, OfNoTicket},
};

/// The most rows that a report has.
pub const ROWS_MAX: i64 = 1_000;

/// What the rows of a report are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SalesGroup {
    /// The show.
    #[default]
    Show,
    /// The performance.
    Performance,
    /// The day of the posting in UTC.
    Day,
    /// The show and the ticket type's name.
    TicketType,
    /// The show and the price tier's name.
    PriceTier,
    /// What took something off the price.
    Promotion,
    /// The allocation's channel; `api` for open sale.
    Channel,
    /// What the buyers answered to this question.
    Answer(QuestionId),
}

impl SalesGroup {
    fn as_str(self) -> &'static str {
        match self {
            Self::Show => "show",
            Self::Performance => "performance",
            Self::Day => "day",
            Self::TicketType => "ticket_type",
            Self::PriceTier => "price_tier",
            Self::Promotion => "promotion",
            Self::Channel => "channel",
            Self::Answer(_) => "answer",
        }
    }

    fn question(self) -> Option<QuestionId> {
        match self {
            Self::Answer(question) => Some(question),
            _ => None,
        }
    }
}

/// What to report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SalesFilter {
    /// Only this show.
    pub show: Option<ShowId>,
    /// Posted then or later.
    pub from: Option<Instant>,
    /// Posted before then.
    pub to: Option<Instant>,
    /// What the rows are grouped by.
    pub group_by: SalesGroup,
}

/// What a row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SalesKey {
    /// A show.
    Show(ShowId),
    /// A performance and its show.
    Performance(ShowId, PerformanceId),
    /// A day in UTC.
    Day(Date),
    /// A ticket type of a show, by the name under which it was sold.
    TicketType(ShowId, String),
    /// A price tier of a show, by the name under which it was sold.
    PriceTier(ShowId, String),
    /// A promotion; none for tickets at their full price.
    Promotion(Option<PromotionId>),
    /// A channel.
    Channel(String),
    /// An answer, as text; none for who gave none.
    Answer(Option<String>),
}

/// The figures of a row; money in the major unit of the row's currency. Tickets of orders that cost nothing are in no
/// journal and so in no figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SalesFigures {
    /// Tickets sold, those refunded later included.
    pub tickets_sold: i64,
    /// Tickets refunded; failed refunds are taken off again.
    pub tickets_refunded: i64,
    /// What buyers paid.
    pub gross: Decimal,
    /// The tax in the prices of the tickets as far as it is told, less what was carried back with refunded tickets. It is the
    /// reseller's own to declare.
    pub ticket_tax: Decimal,
    /// The platform's fees without those given back.
    pub platform_fees: Decimal,
    /// The tax on them.
    pub platform_fee_tax: Decimal,
    /// What buyers got back or are owed.
    pub refunds: Decimal,
}

impl SalesFigures {
    /// What is left for the reseller before the provider's fees.
    #[must_use]
    pub fn net(&self) -> Decimal {
        self.gross - self.refunds - self.platform_fees - self.platform_fee_tax
    }

    fn add(&mut self, other: &Self) {
        self.tickets_sold += other.tickets_sold;
        self.tickets_refunded += other.tickets_refunded;
        self.gross += other.gross;
        self.ticket_tax += other.ticket_tax;
        self.platform_fees += other.platform_fees;
        self.platform_fee_tax += other.platform_fee_tax;
        self.refunds += other.refunds;
    }
}

/// One row of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalesRow {
    /// What it is about.
    pub key: SalesKey,
    /// The currency of the figures.
    pub currency: Currency,
    /// The figures.
    pub figures: SalesFigures,
}

/// The sum of all rows in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SalesTotal {
    /// The currency of the figures.
    pub currency: Currency,
    /// The figures.
    pub figures: SalesFigures,
    /// The provider's fees that became known in the period, those for disputes among them. They are an order's, not a ticket's,
    /// so a report of one show has none.
    pub provider_fees: Option<Decimal>,
    /// What was given back for no ticket in particular; none in a report of one show, like the fees.
    pub amount_refunds: Option<Decimal>,
    /// The tax in the prices that those carried back.
    pub amount_refund_tax: Option<Decimal>,
    /// The tax in the prices that went with what banks took in disputes, less what came again with what they gave back.
    pub dispute_tax: Option<Decimal>,
    /// What else the reseller gained or, below zero, lost: disputes, credit, corrections. They are no show's, either.
    pub other: Option<Decimal>,
}

impl SalesTotal {
    /// What is left for the reseller. Over all shows and all time it is the reseller's balance, payouts aside.
    #[must_use]
    pub fn net(&self) -> Decimal {
        let of_no_ticket = [self.provider_fees, self.amount_refunds, self.other.map(|other| -other)];
        self.figures.net() - of_no_ticket.into_iter().flatten().sum::<Decimal>()
    }
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SalesReport {
    /// Ordered by currency, then by key.
    pub rows: Vec<SalesRow>,
    /// One per currency, ordered by its code.
    pub totals: Vec<SalesTotal>,
}

/// Reports the tickets sold and refunded in a period.
///
/// # Errors
/// `invalid_field` if the report would have more than [`ROWS_MAX`] rows or the period ends before it begins.
pub async fn sales_report(tx: &mut TenantTx, filter: &SalesFilter) -> Result<SalesReport> {
    let (from, to) = (filter.from.unwrap_or(Instant::LONG_AGO), filter.to.unwrap_or(Instant::NEVER));
    if to < from {
        return Err(Refusal::field("to", "must not be before `from`").into());
    }
    let by = (filter.group_by.as_str(), filter.group_by.question());
    let groups = store::sales::groups(tx, (from, to), filter.show, by, ROWS_MAX + 1).await?;
    if groups.len() as u64 > ROWS_MAX.unsigned_abs() {
        let detail =
            format!("covers more than {ROWS_MAX} rows: choose a shorter period, one show, or a coarser grouping");
        return Err(Refusal::field("from", detail).into());
    }
    let rows = groups.iter().map(|group| row(group, filter.group_by)).collect::<Result<Vec<_>>>()?;
    let of_no_ticket = match filter.show {
        None => Some(store::sales::of_no_ticket(tx, from, to).await?),
        Some(_) => None,
    };
    let totals = totals(&rows, of_no_ticket)?;
    Ok(SalesReport { rows, totals })
}

fn row(group: &Group, by: SalesGroup) -> Result<SalesRow> {
    let currency = store::journals::read_currency(&group.currency)?;
    let key = key(group, by)
        .ok_or_else(|| Error::Inconsistent(format!("the journals cannot be grouped by {}: {group:?}", by.as_str())))?;
    let figures = SalesFigures {
        tickets_sold: group.tickets_sold,
        tickets_refunded: group.tickets_refunded,
        gross: currency.round(group.gross),
        ticket_tax: currency.round(group.ticket_tax),
        platform_fees: currency.round(group.platform_fees),
        platform_fee_tax: currency.round(group.platform_fee_tax),
        refunds: currency.round(group.refunds),
    };
    Ok(SalesRow { key, currency, figures })
}

fn key(group: &Group, by: SalesGroup) -> Option<SalesKey> {
    let show = || group.show_id.as_deref()?.parse().ok();
    Some(match by {
        SalesGroup::Show => SalesKey::Show(show()?),
        SalesGroup::Performance => SalesKey::Performance(show()?, group.performance_id.as_deref()?.parse().ok()?),
        SalesGroup::Day => SalesKey::Day(group.day.as_deref()?.parse().ok()?),
        SalesGroup::TicketType => SalesKey::TicketType(show()?, group.label.clone()?),
        SalesGroup::PriceTier => SalesKey::PriceTier(show()?, group.label.clone()?),
        SalesGroup::Promotion => SalesKey::Promotion(group.label.as_deref().map(str::parse).transpose().ok()?),
        SalesGroup::Channel => SalesKey::Channel(group.label.clone()?),
        SalesGroup::Answer(_) => SalesKey::Answer(group.label.clone()),
    })
}

/// The totals of the rows; with what is of no ticket, those of every currency that has any, tickets or not.
fn totals(rows: &[SalesRow], of_no_ticket: Option<Vec<OfNoTicket>>) -> Result<Vec<SalesTotal>> {
    let initial = of_no_ticket.is_some().then_some(Decimal::ZERO);
    let mut totals = BTreeMap::<&str, SalesTotal>::new();
    let empty = |currency| SalesTotal {
        currency,
        figures: SalesFigures::default(),
        provider_fees: initial,
        amount_refunds: initial,
        amount_refund_tax: initial,
        dispute_tax: initial,
        other: initial,
    };
    for row in rows {
        totals.entry(row.currency.code()).or_insert_with(|| empty(row.currency)).figures.add(&row.figures);
    }
    for cost in of_no_ticket.unwrap_or_default() {
        let currency = store::journals::read_currency(&cost.currency)?;
        let total = totals.entry(currency.code()).or_insert_with(|| empty(currency));
        // As in a settlement: the provider's fee for a dispute is a fee of the provider's.
        total.provider_fees = Some(currency.round(cost.provider_fees + cost.dispute_fees));
        total.amount_refunds = Some(currency.round(cost.amount_refunds));
        total.amount_refund_tax = Some(currency.round(cost.amount_refund_tax));
        total.dispute_tax = Some(currency.round(cost.dispute_tax));
        total.other = Some(currency.round(cost.other + cost.dispute_fees));
    }
    Ok(totals.into_values().collect())
}
