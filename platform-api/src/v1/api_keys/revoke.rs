//! `POST /v1/api_keys/{api_key_id}/revoke`

use axum::{extract::State, http::StatusCode};
use foundation::id::ApiKeyId;

use super::ApiKeyView;
use crate::{
    app::App,
    web::{Allowed, Answer, Keyed, Path, body::Nothing, scope::AccountWrite},
};

/// Revokes an API key: the next request with it is refused.
#[utoipa::path(post, path = "/v1/api_keys/{api_key_id}/revoke", tag = "Account", params(("api_key_id" = ApiKeyId, Path)), responses((status = 200, body = ApiKeyView)))]
pub(crate) async fn revoke(
    allowed: Allowed<AccountWrite>,
    State(app): State<App>,
    Path(id): Path<ApiKeyId>,
    Keyed { key, .. }: Keyed<Nothing>,
) -> Answer {
    let mut call = allowed.begin(key).await?;
    let revoked = tenancy::revoke_key(&mut call.tx, id).await?;
    let version = revoked.version;
    let answer = call.finish(StatusCode::OK, &ApiKeyView::from(revoked), Some(version)).await;
    app.forget_callers(allowed.caller.reseller);
    answer
}
