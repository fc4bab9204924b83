//! Documents for people: what the API tells as JSON, laid out as PDF. Each is made of the very view that is told, so that both say the
//! same; none computes an amount.

pub(crate) mod fee_invoice;
pub(crate) mod receipt;
mod sheet;
pub(crate) mod statement;

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use foundation::{Error, Instant, Money, Result};
use jiff::{Timestamp, tz::TimeZone};
use tokio::sync::Semaphore;

/// A PDF as the API's description has it.
#[derive(utoipa::ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "it describes; what is sent are the bytes themselves")]
pub(crate) struct Pdf(Vec<u8>);

/// How many are laid out at once: each has a thread to itself for as long as it is long.
static DESKS: Semaphore = Semaphore::const_new(2);

/// Lays a document out beside the threads that answer requests.
pub(crate) async fn laid_out(make: impl FnOnce() -> Result<Vec<u8>> + Send + 'static) -> Result<Vec<u8>> {
    // It cannot be closed: nothing closes it.
    let _desk = DESKS.acquire().await.ok();
    tokio::task::spawn_blocking(make).await.map_err(|broke| Error::Inconsistent(broke.to_string()))?
}

/// A PDF as an answer.
pub(crate) fn answer(pdf: Vec<u8>, name: &str) -> Response {
    let mut response = pdf.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    if let Ok(file) = HeaderValue::from_str(&format!("inline; filename=\"{name}.pdf\"")) {
        headers.insert(header::CONTENT_DISPOSITION, file);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// An amount as people read it: with its currency before it.
fn amount(money: Money) -> String {
    format!("{} {}", money.currency(), money.amount())
}

/// A time by the clock on the wall there, to the second.
fn wall(at: Instant, zone: &str) -> String {
    by_the_clock(at, zone, "%Y-%m-%d %H:%M:%S %:z")
}

/// A day and a time as they are announced there.
fn day(at: Instant, zone: &str) -> String {
    by_the_clock(at, zone, "%A %-d %B %Y, %H:%M")
}

fn by_the_clock(at: Instant, zone: &str, form: &str) -> String {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    Timestamp::from_microsecond(at.as_micros())
        .map(|at| at.to_zoned(zone).strftime(form).to_string())
        .unwrap_or_default()
}
