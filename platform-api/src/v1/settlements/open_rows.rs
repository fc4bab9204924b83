//! `GET /v1/settlements/open/rows`

use accounting::open_period;
use foundation::{Currency, Error};
use futures_util::stream::try_unfold;
use serde::Deserialize;
use tenancy::get_reseller;
use utoipa::IntoParams;

use super::Format;
use crate::web::{Allowed, Answer, Query, Reply, scope::SettlementsRead};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OpenRowsQuery {
    /// The account's own, unless said.
    currency: Option<Currency>,
    /// `jsonl` (unless said) or `csv`.
    #[serde(default)]
    #[param(inline)]
    format: Format,
}

/// Reads the rows of the open period as a file, as they are so far.
#[utoipa::path(get, path = "/v1/settlements/open/rows", tag = "Finance", params(OpenRowsQuery), responses((status = 200, description = "The rows.", body = String, content_type = "application/jsonl")))]
pub(crate) async fn get(allowed: Allowed<SettlementsRead>, Query(query): Query<OpenRowsQuery>) -> Answer {
    let mut tx = allowed.snapshot().await?;
    let currency = match query.currency {
        Some(currency) => currency,
        None => get_reseller(&mut tx).await?.currency,
    };
    let (cell, reseller) = (allowed.cell().clone(), allowed.caller.reseller);
    let reader = open_period(&mut tx, cell.region(), currency).await?;
    drop(tx);
    let pages = try_unfold((cell, reader), move |(cell, mut reader)| async move {
        let rows = reader.rows(&mut cell.snapshot(reseller).await?).await?;
        Ok::<_, Error>(rows.map(|rows| (rows, (cell, reader))))
    });
    Ok(Reply::raw(query.format.stream(&format!("open_{currency}"), pages)))
}
