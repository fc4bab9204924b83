//! `GET /v1/venues/{venue_id}/layouts/{layout_id}/versions/{version_id}`

use foundation::id::{LayoutId, LayoutVersionId, VenueId};
use serde::Serialize;
use ticketing::store::layouts;
use utoipa::ToSchema;

use crate::{
    v1::venues::layouts::{LayoutVersionView, not_public, plan::Plan},
    web::{Allowed, Answer, Path, Reply, scope::VenuesRead},
};

/// A version of a layout with what stands in the room.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LayoutVersionWithPlan)]
pub(crate) struct WholeVersionView {
    #[serde(flatten)]
    head: LayoutVersionView,
    plan: Plan,
}

/// Reads a version of a layout with its plan, which can be imported again as it is.
#[utoipa::path(get, path = "/v1/venues/{venue_id}/layouts/{layout_id}/versions/{version_id}", tag = "Venues", params(("venue_id" = VenueId, Path), ("layout_id" = LayoutId, Path), ("version_id" = LayoutVersionId, Path)), responses((status = 200, body = WholeVersionView)))]
pub(crate) async fn get(
    allowed: Allowed<VenuesRead>,
    Path((venue, layout, id)): Path<(VenueId, LayoutId, LayoutVersionId)>,
) -> Answer {
    not_public(&allowed.caller)?;
    let mut tx = allowed.snapshot().await?;
    layouts::get(&mut tx, venue, layout).await?;
    let head = layouts::get_version(&mut tx, layout, id).await?;
    let plan = layouts::plan(&mut tx, id).await?;
    Reply::ok(&WholeVersionView { head: head.into(), plan: plan.into() })
}
