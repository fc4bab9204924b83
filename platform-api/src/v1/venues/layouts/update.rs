//! `PATCH /v1/venues/{venue_id}/layouts/{layout_id}`

use foundation::id::{LayoutId, VenueId};
use serde::Deserialize;
use ticketing::use_cases::update_layout::{LayoutChanges, update_layout};
use utoipa::ToSchema;

use super::{LayoutView, plan::Plan};
use crate::web::{Allowed, Answer, Body, IfMatch, Path, Reply, caller::commit, scope::VenuesWrite};

/// What to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LayoutChanges)]
pub(crate) struct LayoutChangesBody {
    name: Option<String>,
    /// The draft, whole; it becomes a version with another id. Where there is no draft, a new one begins with it.
    plan: Option<Plan>,
}

/// Renames a layout or replaces its draft. What is published stays as it is.
#[utoipa::path(patch, path = "/v1/venues/{venue_id}/layouts/{layout_id}", tag = "Venues", params(("venue_id" = VenueId, Path), ("layout_id" = LayoutId, Path)), request_body = LayoutChangesBody, responses((status = 200, body = LayoutView)))]
pub(crate) async fn update(
    allowed: Allowed<VenuesWrite>,
    Path((venue, id)): Path<(VenueId, LayoutId)>,
    IfMatch(version): IfMatch,
    Body(body): Body<LayoutChangesBody>,
) -> Answer {
    let changes = LayoutChanges { name: body.name, plan: body.plan.map(Into::into) };
    let mut tx = allowed.tx().await?;
    let layout = update_layout(&mut tx, venue, id, version, changes).await?;
    commit(tx).await?;
    let version = layout.version;
    Reply::versioned(&LayoutView::from(layout), version)
}
