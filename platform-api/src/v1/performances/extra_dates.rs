//! `POST /v1/performances/{performance_id}/extra_dates`

use axum::http::StatusCode;
use foundation::{id::PerformanceId, local_time::When};
use serde::Deserialize;
use ticketing::{rules::times::GivenTimes, use_cases::add_extra_date::add_extra_date};
use utoipa::ToSchema;

use super::PerformanceView;
use crate::web::{Allowed, Answer, Keyed, Path, scope::ShowsWrite};

/// Another date. Doors, end and the close of sales are as far from the start as they are at the first, unless said.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewExtraDate)]
pub(crate) struct NewExtraDateBody {
    doors_at: Option<When>,
    starts_at: When,
    ends_at: Option<When>,
    /// At once unless said.
    on_sale_at: Option<When>,
    off_sale_at: Option<When>,
}

/// Adds another date like this performance: the same venue, price tiers, prices and tickets, none of them sold.
#[utoipa::path(post, path = "/v1/performances/{performance_id}/extra_dates", tag = "Performances", params(("performance_id" = PerformanceId, Path)), request_body = NewExtraDateBody, responses((status = 201, body = PerformanceView)))]
pub(crate) async fn add(
    allowed: Allowed<ShowsWrite>,
    Path(like): Path<PerformanceId>,
    Keyed { key, body }: Keyed<NewExtraDateBody>,
) -> Answer {
    let times = GivenTimes {
        doors_at: body.doors_at,
        starts_at: Some(body.starts_at),
        ends_at: body.ends_at,
        on_sale_at: body.on_sale_at,
        off_sale_at: body.off_sale_at,
    };
    let mut call = allowed.begin(key).await?;
    let date = add_extra_date(&mut call.tx, like, times).await?;
    let version = date.version;
    call.finish(StatusCode::CREATED, &PerformanceView::from(date), Some(version)).await
}
