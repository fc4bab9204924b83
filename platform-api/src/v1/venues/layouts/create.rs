//! `POST /v1/venues/{venue_id}/layouts`

use axum::http::StatusCode;
use foundation::id::{LayoutId, VenueId};
use serde::Deserialize;
use ticketing::use_cases::create_layout::{NewLayout, create_layout};
use utoipa::ToSchema;

use super::{LayoutView, plan::Plan};
use crate::web::{Allowed, Answer, Keyed, Path, scope::VenuesWrite};

/// A layout to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLayout)]
pub(crate) struct NewLayoutBody {
    #[schema(example = "Concert")]
    name: String,
    /// A layout of the venue that is set up in the same room, in which performances then exclude each other. Left out: a room of its own.
    same_room_as: Option<LayoutId>,
    plan: Plan,
}

/// Creates a layout of a venue, with its plan as the first draft.
#[utoipa::path(post, path = "/v1/venues/{venue_id}/layouts", tag = "Venues", params(("venue_id" = VenueId, Path)), request_body = NewLayoutBody, responses((status = 201, body = LayoutView)))]
pub(crate) async fn create(
    allowed: Allowed<VenuesWrite>,
    Path(venue): Path<VenueId>,
    Keyed { key, body }: Keyed<NewLayoutBody>,
) -> Answer {
    let mut call = allowed.begin(key).await?;
    let new = NewLayout { name: body.name, same_room_as: body.same_room_as, plan: &body.plan.into() };
    let layout = create_layout(&mut call.tx, venue, new).await?;
    let version = layout.version;
    call.finish(StatusCode::CREATED, &LayoutView::from(layout), Some(version)).await
}
