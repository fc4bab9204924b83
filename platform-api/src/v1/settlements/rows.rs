//! `GET /v1/settlements/{settlement_id}/rows`

use accounting::{settlement, settlement_rows};
use axum::http::HeaderValue;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use foundation::{Error, id::SettlementId};
use futures_util::stream::try_unfold;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{CONTENT_DIGEST, Format};
use crate::web::{Allowed, Answer, Path, Query, Reply, scope::SettlementsRead};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RowsQuery {
    /// `jsonl` (unless said) or `csv`.
    #[serde(default)]
    #[param(inline)]
    format: Format,
}

/// Reads the rows of a settlement as a file, to the byte as they were sealed: one for each journal that moved the reseller's
/// money, and in it for each performance, ticket type and fee rule. `Content-Digest` has its SHA-256.
#[utoipa::path(get, path = "/v1/settlements/{settlement_id}/rows", tag = "Finance", params(("settlement_id" = SettlementId, Path), RowsQuery), responses((status = 200, description = "The rows.", body = String, content_type = "application/jsonl")))]
pub(crate) async fn get(
    allowed: Allowed<SettlementsRead>,
    Path(id): Path<SettlementId>,
    Query(query): Query<RowsQuery>,
) -> Answer {
    let sealed = settlement(&mut allowed.snapshot().await?, id).await?;
    let (cell, reseller) = (allowed.cell().clone(), allowed.caller.reseller);
    // A page a transaction: who reads slowly keeps none open, and what is sealed does not change between two of them.
    let pages = try_unfold((cell, 1), move |(cell, page)| async move {
        let rows = settlement_rows(&mut cell.snapshot(reseller).await?, id, page).await?;
        Ok::<_, Error>(rows.map(|rows| (rows, (cell, page + 1))))
    });
    let mut response = query.format.stream(&id.to_string(), pages);
    let digest = match query.format {
        Format::Jsonl => sealed.jsonl_digest,
        Format::Csv => sealed.csv_digest,
    };
    let checksum = format!("sha-256=:{}:", BASE64_STANDARD.encode(digest));
    if let Ok(value) = HeaderValue::from_str(&checksum) {
        response.headers_mut().insert(CONTENT_DIGEST, value);
    }
    Ok(Reply::raw(response))
}
