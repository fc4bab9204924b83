//! `GET /v1/reports/forecast`

use accounting::{csv_line, harmless};
use foundation::{
    Currency, Instant, Money,
    id::{PerformanceId, ShowId},
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use ticketing::{
    rules::forecast::{Coming, Forecast, Why},
    use_cases::forecast::forecast,
};
use utoipa::{IntoParams, ToSchema};

use super::{ReportFormat, as_table};
use crate::web::{Allowed, Answer, Query, Reply, scope::FinanceRead};

/// The most entries of a currency that are told one by one.
const ENTRIES_MAX: usize = 1_000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ForecastQuery {
    /// `json` (unless said) or `csv`.
    #[serde(default)]
    #[param(inline)]
    format: ReportFormat,
}

/// What will be yours to have, when and why, as things stand: what is sold, given back or taken later changes it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Forecast)]
pub(crate) struct ForecastView {
    /// By your clock.
    as_of: Instant,
    /// One a currency.
    data: Vec<CurrencyForecastView>,
}

/// A currency's: what is available, the entries and what is later come to the whole balance.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CurrencyForecast)]
pub(crate) struct CurrencyForecastView {
    #[schema(value_type = String, example = "EUR")]
    currency: Currency,
    /// What can be paid out now.
    available: Money,
    pending: Money,
    reserved: Money,
    /// What becomes available, in the order of time; the first 1,000.
    entries: Vec<ForecastEntryView>,
    /// What is beyond these.
    later: Money,
    /// What your schedule pays out next; null if it will pay out nothing of this currency, or there is no account to pay to.
    next_payout: Option<NextPayoutView>,
}

/// Money that becomes available, and why.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ForecastEntry)]
pub(crate) struct ForecastEntryView {
    /// When; null if nobody can tell.
    at: Option<Instant>,
    /// `release` (a performance is over for as many days as your terms say), `reserve_release` (what was kept back of it is free),
    /// `undated` (it waits for something that has no date).
    #[schema(value_type = String, example = "release")]
    why: Why,
    performance_id: Option<PerformanceId>,
    show_id: Option<ShowId>,
    #[schema(example = "Hamlet")]
    show_title: Option<String>,
    /// When the performance ends.
    performance_ends_at: Option<Instant>,
    /// When the payment provider has all of its money at the platform's disposal, by the provider's clock; null while that is not known.
    /// A payout before that fails.
    provider_available_at: Option<Instant>,
    /// Below zero: what it takes off.
    amount: Money,
    /// What is available from then on, if nothing is paid out before.
    available_after: Money,
}

/// A payout that is to come.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NextPayout)]
pub(crate) struct NextPayoutView {
    at: Instant,
    /// What is available now and what becomes available until then.
    amount: Money,
}

fn entry(coming: &Coming, currency: Currency) -> ForecastEntryView {
    let of = coming.of.as_ref();
    ForecastEntryView {
        at: coming.at,
        why: coming.why,
        performance_id: of.map(|told| told.performance),
        show_id: of.map(|told| told.show),
        show_title: of.map(|told| told.title.clone()),
        performance_ends_at: of.map(|told| told.ends_at),
        provider_available_at: of.and_then(|told| told.provider_available_at),
        amount: Money::rounded(coming.amount, currency),
        available_after: Money::rounded(coming.available_after, currency),
    }
}

impl From<Forecast> for CurrencyForecastView {
    fn from(forecast: Forecast) -> Self {
        let currency = forecast.balance.currency;
        let money = |amount| Money::rounded(amount, currency);
        let later: Decimal = forecast.coming.iter().skip(ENTRIES_MAX).map(|coming| coming.amount).sum();
        let next = forecast.next_payout.map(|next| NextPayoutView { at: next.at, amount: money(next.amount) });
        Self {
            currency,
            available: money(forecast.balance.available),
            pending: money(forecast.balance.pending),
            reserved: money(forecast.balance.reserved),
            entries: forecast.coming.iter().take(ENTRIES_MAX).map(|coming| entry(coming, currency)).collect(),
            later: money(later),
            next_payout: next,
        }
    }
}

const COLUMNS: [&str; 10] = [
    "currency",
    "at",
    "why",
    "performance_id",
    "show_id",
    "show_title",
    "performance_ends_at",
    "provider_available_at",
    "amount",
    "available_after",
];

/// The lines of all currencies: `available`, its entries, `later`, which come to the balance; and `next_payout`, which is none of it.
fn table(as_of: Instant, data: &[CurrencyForecastView]) -> String {
    let mut csv = csv_line(COLUMNS);
    for of in data {
        let mut line = |at: Option<Instant>, why: &str, told: [String; 5], amount: &Money, after: Option<&Money>| {
            let [performance, show, title, ends_at, there] = told;
            let after = after.map(|after| after.amount().to_string()).unwrap_or_default();
            let (at, currency) = (at.map(|at| at.to_string()).unwrap_or_default(), of.currency.code().to_owned());
            let amount = amount.amount().to_string();
            let cells = [currency, at, why.to_owned(), performance, show, title, ends_at, there, amount, after];
            csv.push_str(&csv_line(cells));
        };
        let none = || [const { String::new() }; 5];
        line(Some(as_of), "available", none(), &of.available, Some(&of.available));
        for entry in &of.entries {
            let told = [
                entry.performance_id.map(|id| id.to_string()).unwrap_or_default(),
                entry.show_id.map(|id| id.to_string()).unwrap_or_default(),
                entry.show_title.as_deref().map(harmless).unwrap_or_default(),
                entry.performance_ends_at.map(|at| at.to_string()).unwrap_or_default(),
                entry.provider_available_at.map(|at| at.to_string()).unwrap_or_default(),
            ];
            line(entry.at, entry.why.as_str(), told, &entry.amount, Some(&entry.available_after));
        }
        line(None, "later", none(), &of.later, None);
        if let Some(next) = &of.next_payout {
            line(Some(next.at), "next_payout", none(), &next.amount, None);
        }
    }
    csv
}

/// Tells what will be yours to have, when and why: performances whose money is released, reserves that become free, and the next payout
/// of your schedule. It comes to the balance to the cent.
#[utoipa::path(get, path = "/v1/reports/forecast", tag = "Finance", params(ForecastQuery), responses((status = 200, body = ForecastView)))]
pub(crate) async fn get(allowed: Allowed<FinanceRead>, Query(query): Query<ForecastQuery>) -> Answer {
    let mut tx = allowed.snapshot().await?;
    let (as_of, forecasts) = forecast(&mut tx).await?;
    drop(tx);
    let data: Vec<CurrencyForecastView> = forecasts.into_iter().map(CurrencyForecastView::from).collect();
    match query.format {
        ReportFormat::Json => Reply::ok(&ForecastView { as_of, data }),
        ReportFormat::Csv => Ok(Reply::raw(as_table("forecast.csv", table(as_of, &data)))),
    }
}
