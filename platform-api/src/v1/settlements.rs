//! `/v1/settlements`

pub(crate) mod close;
pub(crate) mod credit_note;
pub(crate) mod fee_invoice;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod open;
pub(crate) mod open_rows;
pub(crate) mod rows;
pub(crate) mod statement;

use accounting::{RowsText, SealedSettlement, Settlement};
use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use foundation::{Error, Result};
use futures_util::Stream;
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// A form of a settlement's rows.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    /// One JSON object a line.
    #[default]
    Jsonl,
    /// RFC 4180 with a line of names.
    Csv,
}

impl Format {
    fn of(self, rows: RowsText) -> String {
        match self {
            Self::Jsonl => rows.jsonl,
            Self::Csv => rows.csv,
        }
    }

    fn media(self) -> (&'static str, &'static str) {
        match self {
            Self::Jsonl => ("application/jsonl", "jsonl"),
            Self::Csv => ("text/csv; charset=utf-8; header=present", "csv"),
        }
    }

    /// The rows as they come, as a file of this name.
    fn stream(self, name: &str, rows: impl Stream<Item = Result<RowsText>> + Send + 'static) -> Response {
        use futures_util::TryStreamExt as _;
        // What goes wrong in the middle cuts the answer off: it is then not whole, and does not look so.
        let text = rows.map_ok(move |rows| self.of(rows)).inspect_err(|error| {
            tracing::error!(%error, "the rows of a settlement could not be read to their end");
        });
        let (media, extension) = self.media();
        let mut response = Body::from_stream(text).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
        if let Ok(file) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.{extension}\"")) {
            headers.insert(header::CONTENT_DISPOSITION, file);
        }
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }
}

/// What RFC 9530 calls the checksum of an answer's content.
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");

/// What is told of a settlement, as it was sealed.
fn told(sealed: SealedSettlement) -> Result<Box<RawValue>> {
    RawValue::from_string(sealed.document).map_err(|error| Error::Inconsistent(error.to_string()))
}

/// The same, to make something else of it.
fn read(sealed: &SealedSettlement) -> Result<Settlement> {
    serde_json::from_str(&sealed.document).map_err(|error| Error::Inconsistent(error.to_string()))
}
