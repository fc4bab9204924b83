//! `POST /v1/holds/{hold_id}/extend`

use axum::{extract::State, http::StatusCode};
use foundation::id::HoldId;
use serde::Deserialize;
use ticketing::use_cases::change_hold::extend_hold;
use utoipa::ToSchema;

use super::{HoldView, create::lasts};
use crate::{
    app::App,
    web::{Allowed, Answer, Keyed, Path, scope::OrdersWrite},
};

/// How much longer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HoldExtension)]
pub(crate) struct ExtendBody {
    /// From now, 15 minutes unless said.
    expires_in_seconds: Option<u32>,
}

/// Gives a hold more time, up to an hour from its making. It never ends earlier for that: one that lasts longer already is answered as it is.
#[utoipa::path(post, path = "/v1/holds/{hold_id}/extend", tag = "Holds", params(("hold_id" = HoldId, Path)), request_body = ExtendBody, responses((status = 200, body = HoldView)))]
pub(crate) async fn extend(
    allowed: Allowed<OrdersWrite>,
    State(app): State<App>,
    Path(id): Path<HoldId>,
    Keyed { key, body }: Keyed<ExtendBody>,
) -> Answer {
    let by = lasts(body.expires_in_seconds, &app)?;
    let mut call = allowed.begin(key).await?;
    let changed = extend_hold(&mut call.tx, &allowed.services.inventory, id, by, app.settings.hold_max).await?;
    let version = changed.hold.version;
    call.finish_with(StatusCode::OK, &HoldView::from(changed.hold), Some(version), &changed.changes).await
}
