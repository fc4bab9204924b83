//! `GET /v1/reports/sales`

use accounting::{SalesFigures, SalesFilter, SalesGroup, SalesKey, csv_line, harmless};
use foundation::{
    Currency, Instant, Money, Refusal,
    id::{PerformanceId, PromotionId, QuestionId, ShowId},
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use ticketing::store::orders;
use utoipa::{IntoParams, ToSchema};

use super::{ReportFormat, as_table};
use crate::web::{
    Allowed, Answer, Query, Reply,
    scope::{FinanceRead, Needs as _, OrdersRead},
};

/// The most performances whose complimentary tickets one report counts.
const COMPLIMENTARY_MAX: i64 = 10_000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SalesQuery {
    /// `show` (unless said), `performance`, `day`, `ticket_type`, `price_tier`, `promotion`, `channel`, `answer` (which needs
    /// `orders:read` too).
    #[serde(default)]
    #[param(inline)]
    group_by: GroupBy,
    /// With `group_by=answer`: whose answers.
    question_id: Option<QuestionId>,
    show_id: Option<ShowId>,
    /// Posted then or later.
    from: Option<Instant>,
    /// Posted before then: the report as it was at that moment.
    to: Option<Instant>,
    /// `json` (unless said) or `csv`: the rows as a table, without the totals.
    #[serde(default)]
    #[param(inline)]
    format: ReportFormat,
}

/// What a row of the report stands for.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GroupBy {
    #[default]
    Show,
    Performance,
    Day,
    TicketType,
    PriceTier,
    Promotion,
    Channel,
    Answer,
}

/// What was sold and what comes of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SalesReport)]
pub(crate) struct SalesReportView {
    data: Vec<SalesRowView>,
    /// One a currency.
    totals: Vec<SalesTotalView>,
    /// Tickets that were given away and not taken back, by performance. They cost nobody anything, so they are in no other figure.
    complimentary: Vec<ComplimentaryView>,
}

/// How many tickets of a performance were given away.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Complimentary)]
pub(crate) struct ComplimentaryView {
    show_id: ShowId,
    performance_id: PerformanceId,
    tickets: i64,
}

/// A row: only the keys of its group are set.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = SalesRow)]
pub(crate) struct SalesRowView {
    #[serde(skip_serializing_if = "Option::is_none")]
    show_id: Option<ShowId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    performance_id: Option<PerformanceId>,
    /// The day in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price_tier: Option<String>,
    /// Left out also where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    promotion_id: Option<PromotionId>,
    /// The channel of the allocation that the tickets were taken from; `api` for open sale.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    /// Left out also where none was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    #[serde(flatten)]
    figures: Option<FiguresView>,
}

/// A currency's total.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SalesTotal)]
pub(crate) struct SalesTotalView {
    #[serde(flatten)]
    figures: FiguresView,
    /// What the payment provider kept, for payments and for disputes, as far as known; null in a report of one show, to which it cannot
    /// be divided.
    provider_fees: Option<Money>,
    /// What was given back for no ticket in particular; null in a report of one show.
    amount_refunds: Option<Money>,
    /// The tax in the prices that went back with those; null like these.
    amount_refund_tax: Option<Money>,
    /// The tax in the prices that went with what banks took in disputes, and comes again with what they give back; null like these.
    dispute_tax: Option<Money>,
    /// What else you gained or, below zero, lost, as by disputes; null in a report of one show.
    other: Option<Money>,
    /// The net less the provider's fees and the refunds of no ticket, and with what else there was; null where those are.
    net_after_provider_fees: Option<Money>,
}

/// The figures of a row.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SalesFigures)]
pub(crate) struct FiguresView {
    tickets_sold: i64,
    tickets_refunded: i64,
    /// What buyers paid.
    gross: Money,
    /// The tax in the prices of the tickets as far as your offers told it, less that of refunded ones. It is yours to declare, and in
    /// none of the other sums.
    ticket_tax: Money,
    platform_fees: Money,
    platform_fee_tax: Money,
    refunds: Money,
    /// What remains for the reseller, before the provider's fees.
    net: Money,
}

fn figures(figures: &SalesFigures, net: Decimal, currency: Currency) -> FiguresView {
    let money = |amount| Money::rounded(amount, currency);
    FiguresView {
        tickets_sold: figures.tickets_sold,
        tickets_refunded: figures.tickets_refunded,
        gross: money(figures.gross),
        ticket_tax: money(figures.ticket_tax),
        platform_fees: money(figures.platform_fees),
        platform_fee_tax: money(figures.platform_fee_tax),
        refunds: money(figures.refunds),
        net: money(net),
    }
}

/// Reports sales by show, performance, day, ticket type, price tier, promotion, channel or answer, from the ledger.
#[utoipa::path(get, path = "/v1/reports/sales", tag = "Finance", params(SalesQuery), responses((status = 200, body = SalesReportView)))]
pub(crate) async fn get(allowed: Allowed<FinanceRead>, Query(query): Query<SalesQuery>) -> Answer {
    if matches!(query.group_by, GroupBy::Answer) {
        // Buyers wrote them.
        allowed.caller.may(OrdersRead::SCOPE)?;
    }
    let filter = SalesFilter { show: query.show_id, from: query.from, to: query.to, group_by: group(&query)? };
    let mut tx = allowed.snapshot().await?;
    let report = accounting::sales_report(&mut tx, &filter).await?;
    let given_away = orders::given_away(&mut tx, (query.from, query.to), query.show_id, COMPLIMENTARY_MAX).await?;
    drop(tx);
    let complimentary = |row: orders::GivenAway| ComplimentaryView {
        show_id: row.show_id,
        performance_id: row.performance_id,
        tickets: row.tickets,
    };
    let data: Vec<SalesRowView> = report.rows.iter().map(row).collect();
    if query.format == ReportFormat::Csv {
        return Ok(Reply::raw(as_table("sales.csv", table(&data))));
    }
    Reply::ok(&SalesReportView {
        data,
        totals: report.totals.iter().map(total).collect(),
        complimentary: given_away.into_iter().map(complimentary).collect(),
    })
}

fn group(query: &SalesQuery) -> Result<SalesGroup, Refusal> {
    if query.question_id.is_some() != matches!(query.group_by, GroupBy::Answer) {
        return Err(Refusal::field("question_id", "belongs to `group_by=answer`, which needs it"));
    }
    Ok(match (query.group_by, query.question_id) {
        (GroupBy::Answer, Some(question)) => SalesGroup::Answer(question),
        (GroupBy::Show | GroupBy::Answer, _) => SalesGroup::Show,
        (GroupBy::Performance, _) => SalesGroup::Performance,
        (GroupBy::Day, _) => SalesGroup::Day,
        (GroupBy::TicketType, _) => SalesGroup::TicketType,
        (GroupBy::PriceTier, _) => SalesGroup::PriceTier,
        (GroupBy::Promotion, _) => SalesGroup::Promotion,
        (GroupBy::Channel, _) => SalesGroup::Channel,
    })
}

fn row(row: &accounting::SalesRow) -> SalesRowView {
    let mut view = SalesRowView {
        figures: Some(figures(&row.figures, row.figures.net(), row.currency)),
        ..SalesRowView::default()
    };
    match &row.key {
        SalesKey::Show(show) => view.show_id = Some(*show),
        SalesKey::Performance(show, performance) => {
            (view.show_id, view.performance_id) = (Some(*show), Some(*performance));
        }
        SalesKey::Day(day) => view.day = Some(day.to_string()),
        SalesKey::TicketType(show, name) => (view.show_id, view.ticket_type) = (Some(*show), Some(name.clone())),
        SalesKey::PriceTier(show, name) => (view.show_id, view.price_tier) = (Some(*show), Some(name.clone())),
        SalesKey::Promotion(promotion) => view.promotion_id = *promotion,
        SalesKey::Channel(channel) => view.channel = Some(channel.clone()),
        SalesKey::Answer(answer) => view.answer.clone_from(answer),
    }
    view
}

fn total(total: &accounting::SalesTotal) -> SalesTotalView {
    let money = |amount| Money::rounded(amount, total.currency);
    SalesTotalView {
        figures: figures(&total.figures, total.figures.net(), total.currency),
        provider_fees: total.provider_fees.map(money),
        amount_refunds: total.amount_refunds.map(money),
        amount_refund_tax: total.amount_refund_tax.map(money),
        dispute_tax: total.dispute_tax.map(money),
        other: total.other.map(money),
        net_after_provider_fees: total.provider_fees.map(|_| money(total.net())),
    }
}

/// The columns of the report as a table.
const COLUMNS: [&str; 17] = [
    "show_id",
    "performance_id",
    "day",
    "ticket_type",
    "price_tier",
    "promotion_id",
    "channel",
    "answer",
    "currency",
    "tickets_sold",
    "tickets_refunded",
    "gross",
    "platform_fees",
    "platform_fee_tax",
    "refunds",
    "net",
    "ticket_tax",
];

fn table(rows: &[SalesRowView]) -> String {
    let mut text = csv_line(COLUMNS);
    for row in rows {
        let Some(figures) = &row.figures else { continue };
        let id = |id: Option<String>| id.unwrap_or_default();
        let amounts = [
            figures.gross,
            figures.platform_fees,
            figures.platform_fee_tax,
            figures.refunds,
            figures.net,
            figures.ticket_tax,
        ];
        let mut cells = vec![
            id(row.show_id.map(|id| id.to_string())),
            id(row.performance_id.map(|id| id.to_string())),
            id(row.day.clone()),
        ];
        // What people have written.
        cells.extend([&row.ticket_type, &row.price_tier].map(|name| harmless(name.as_deref().unwrap_or_default())));
        cells.push(id(row.promotion_id.map(|id| id.to_string())));
        cells.extend([&row.channel, &row.answer].map(|name| harmless(name.as_deref().unwrap_or_default())));
        cells.push(figures.gross.currency().to_string());
        cells.extend([figures.tickets_sold, figures.tickets_refunded].map(|count| count.to_string()));
        cells.extend(amounts.map(|money| money.amount().to_string()));
        text.push_str(&csv_line(&cells));
    }
    text
}
