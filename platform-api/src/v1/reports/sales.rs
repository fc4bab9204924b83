//! `GET /v1/reports/sales`

use accounting::{SalesFigures, SalesFilter, SalesGroup, SalesKey};
use foundation::{
    Currency, Instant, Money,
    id::{PerformanceId, ShowId},
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use ticketing::store::orders;
use utoipa::{IntoParams, ToSchema};

use crate::web::{Allowed, Answer, Query, Reply, scope::FinanceRead};

/// The most performances whose complimentary tickets one report counts.
const COMPLIMENTARY_MAX: i64 = 10_000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SalesQuery {
    /// `show` (unless said), `performance`, `day`, `ticket_type`.
    #[serde(default)]
    #[param(inline)]
    group_by: GroupBy,
    show_id: Option<ShowId>,
    /// Posted then or later.
    from: Option<Instant>,
    /// Posted before then.
    to: Option<Instant>,
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
    #[serde(flatten)]
    figures: Option<FiguresView>,
}

/// A currency's total.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SalesTotal)]
pub(crate) struct SalesTotalView {
    #[serde(flatten)]
    figures: FiguresView,
    /// What the payment provider kept, as far as known; null in a report of one show, to which it cannot be divided.
    provider_fees: Option<Money>,
    /// What was given back for no ticket in particular; null in a report of one show.
    amount_refunds: Option<Money>,
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
        platform_fees: money(figures.platform_fees),
        platform_fee_tax: money(figures.platform_fee_tax),
        refunds: money(figures.refunds),
        net: money(net),
    }
}

/// Reports sales by show, performance, day or ticket type, from the ledger.
#[utoipa::path(get, path = "/v1/reports/sales", tag = "Finance", params(SalesQuery), responses((status = 200, body = SalesReportView)))]
pub(crate) async fn get(allowed: Allowed<FinanceRead>, Query(query): Query<SalesQuery>) -> Answer {
    let group_by = match query.group_by {
        GroupBy::Show => SalesGroup::Show,
        GroupBy::Performance => SalesGroup::Performance,
        GroupBy::Day => SalesGroup::Day,
        GroupBy::TicketType => SalesGroup::TicketType,
    };
    let filter = SalesFilter { show: query.show_id, from: query.from, to: query.to, group_by };
    let mut tx = allowed.snapshot().await?;
    let report = accounting::sales_report(&mut tx, &filter).await?;
    let given_away = orders::given_away(&mut tx, (query.from, query.to), query.show_id, COMPLIMENTARY_MAX).await?;
    drop(tx);
    let complimentary = |row: orders::GivenAway| ComplimentaryView {
        show_id: row.show_id,
        performance_id: row.performance_id,
        tickets: row.tickets,
    };
    let row = |row: &accounting::SalesRow| {
        let mut view = SalesRowView {
            figures: Some(figures(&row.figures, row.figures.net(), row.currency)),
            ..SalesRowView::default()
        };
        match &row.key {
            SalesKey::Show(show) => view.show_id = Some(*show),
            SalesKey::Performance(show, performance) => {
                view.show_id = Some(*show);
                view.performance_id = Some(*performance);
            }
            SalesKey::Day(day) => view.day = Some(day.to_string()),
            SalesKey::TicketType(show, ticket_type) => {
                view.show_id = Some(*show);
                view.ticket_type = Some(ticket_type.clone());
            }
        }
        view
    };
    let total = |total: &accounting::SalesTotal| SalesTotalView {
        figures: figures(&total.figures, total.figures.net(), total.currency),
        provider_fees: total.provider_fees.map(|fees| Money::rounded(fees, total.currency)),
        amount_refunds: total.amount_refunds.map(|amount| Money::rounded(amount, total.currency)),
        other: total.other.map(|other| Money::rounded(other, total.currency)),
        net_after_provider_fees: total.provider_fees.map(|_| Money::rounded(total.net(), total.currency)),
    };
    Reply::ok(&SalesReportView {
        data: report.rows.iter().map(row).collect(),
        totals: report.totals.iter().map(total).collect(),
        complimentary: given_away.into_iter().map(complimentary).collect(),
    })
}
