//! `POST /v1/venues/{venue_id}/layouts/{layout_id}/import`

use axum::http::StatusCode;
use foundation::id::{LayoutId, VenueId};
use serde::Deserialize;
use ticketing::use_cases::update_layout::import_seats;
use utoipa::ToSchema;

use super::LayoutView;
use crate::web::{Allowed, Answer, Keyed, Path, scope::VenuesWrite};

/// A table of seats.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SeatTable)]
pub(crate) struct SeatTableBody {
    /// CSV (RFC 4180) with a first line of names: `section,row,seat,x,y` and, if wanted, `attributes` (words with spaces or
    /// semicolons between).
    #[schema(example = "section,row,seat,x,y,attributes\nStalls,A,1,0,400,\nStalls,A,2,55,400,restricted_view\n")]
    csv: String,
}

/// Imports seats into the draft, all or none: the sections of the table become what it says, all others stay. Where there is no
/// draft, one begins with what is published. A slip is refused as `csv_invalid`, with its row and column.
#[utoipa::path(post, path = "/v1/venues/{venue_id}/layouts/{layout_id}/import", tag = "Venues", params(("venue_id" = VenueId, Path), ("layout_id" = LayoutId, Path)), request_body = SeatTableBody, responses((status = 200, body = LayoutView)))]
pub(crate) async fn import(
    allowed: Allowed<VenuesWrite>,
    Path((venue, id)): Path<(VenueId, LayoutId)>,
    Keyed { key, body }: Keyed<SeatTableBody>,
) -> Answer {
    let mut call = allowed.begin(key).await?;
    let layout = import_seats(&mut call.tx, venue, id, &body.csv).await?;
    let version = layout.version;
    call.finish(StatusCode::OK, &LayoutView::from(layout), Some(version)).await
}
