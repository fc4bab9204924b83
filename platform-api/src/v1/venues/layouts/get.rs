//! `GET /v1/venues/{venue_id}/layouts/{layout_id}`

use foundation::id::{LayoutId, VenueId};
use ticketing::store::layouts;

use super::{LayoutView, not_public};
use crate::web::{Allowed, Answer, Path, Reply, scope::VenuesRead};

/// Reads a layout, without its plans.
#[utoipa::path(get, path = "/v1/venues/{venue_id}/layouts/{layout_id}", tag = "Venues", params(("venue_id" = VenueId, Path), ("layout_id" = LayoutId, Path)), responses((status = 200, body = LayoutView)))]
pub(crate) async fn get(allowed: Allowed<VenuesRead>, Path((venue, id)): Path<(VenueId, LayoutId)>) -> Answer {
    not_public(&allowed.caller)?;
    let layout = layouts::get(&mut allowed.snapshot().await?, venue, id).await?;
    let version = layout.version;
    Reply::versioned(&LayoutView::from(layout), version)
}
