//! `/v1/reports`

pub(crate) mod forecast;
pub(crate) mod sales;

use axum::{
    http::header,
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// A form of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReportFormat {
    #[default]
    Json,
    /// RFC 4180 with a line of names.
    Csv,
}

/// A report as a table to be kept as a file of this name.
fn as_table(file: &'static str, csv: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{file}\"")),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (headers, csv).into_response()
}
