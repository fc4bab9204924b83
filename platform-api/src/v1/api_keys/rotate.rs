//! `POST /v1/api_keys/{api_key_id}/rotate`

use std::time::Duration;

use axum::{extract::State, http::StatusCode};
use foundation::id::ApiKeyId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::FreshKeyView;
use crate::{
    app::App,
    web::{Allowed, Answer, Keyed, Path, scope::AccountWrite},
};

/// How long the old key stays good.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = KeyRotation)]
pub(crate) struct RotateBody {
    /// At most seven days; a day unless said.
    overlap_seconds: Option<u32>,
}

/// Gives a key a successor of the same kind; the old one stays good for the overlap.
#[utoipa::path(post, path = "/v1/api_keys/{api_key_id}/rotate", tag = "Account", params(("api_key_id" = ApiKeyId, Path)), request_body = RotateBody, responses((status = 201, body = FreshKeyView)))]
pub(crate) async fn rotate(
    allowed: Allowed<AccountWrite>,
    State(app): State<App>,
    Path(id): Path<ApiKeyId>,
    Keyed { key, body }: Keyed<RotateBody>,
) -> Answer {
    let overlap = Duration::from_secs(u64::from(body.overlap_seconds.unwrap_or(86_400)));
    let mut call = allowed.begin(key).await?;
    let (fresh, text) =
        tenancy::rotate_key(&mut call.tx, allowed.cell().region(), &allowed.caller, id, overlap).await?;
    let version = fresh.version;
    let view = FreshKeyView { key: fresh.into(), secret: text.expose().to_owned() };
    let answer = call.finish(StatusCode::CREATED, &view, Some(version)).await;
    app.forget_callers(allowed.caller.reseller);
    answer
}
