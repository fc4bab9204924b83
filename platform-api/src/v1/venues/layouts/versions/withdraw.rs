//! `POST /v1/venues/{venue_id}/layouts/{layout_id}/versions/{version_id}/withdraw`

use axum::http::StatusCode;
use foundation::id::{LayoutId, LayoutVersionId, VenueId};
use ticketing::use_cases::withdraw_layout::withdraw_layout;

use crate::{
    v1::venues::layouts::LayoutView,
    web::{Allowed, Answer, Keyed, Path, body::Nothing, scope::VenuesWrite},
};

/// Gives up a version that is not in force: a draft, one that waits for its date, or one that clashed. It stays readable.
#[utoipa::path(post, path = "/v1/venues/{venue_id}/layouts/{layout_id}/versions/{version_id}/withdraw", tag = "Venues", params(("venue_id" = VenueId, Path), ("layout_id" = LayoutId, Path), ("version_id" = LayoutVersionId, Path)), responses((status = 200, body = LayoutView)))]
pub(crate) async fn withdraw(
    allowed: Allowed<VenuesWrite>,
    Path((venue, layout, id)): Path<(VenueId, LayoutId, LayoutVersionId)>,
    Keyed { key, .. }: Keyed<Nothing>,
) -> Answer {
    let mut call = allowed.begin(key).await?;
    let layout = withdraw_layout(&mut call.tx, venue, layout, id).await?;
    let version = layout.version;
    call.finish(StatusCode::OK, &LayoutView::from(layout), Some(version)).await
}
