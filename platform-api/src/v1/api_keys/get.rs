//! `GET /v1/api_keys/{api_key_id}`

use foundation::id::ApiKeyId;

use super::ApiKeyView;
use crate::web::{Allowed, Answer, Path, Reply, scope::AccountRead};

/// Reads an API key.
#[utoipa::path(get, path = "/v1/api_keys/{api_key_id}", tag = "Account", params(("api_key_id" = ApiKeyId, Path)), responses((status = 200, body = ApiKeyView)))]
pub(crate) async fn get(allowed: Allowed<AccountRead>, Path(id): Path<ApiKeyId>) -> Answer {
    let key = tenancy::get_key(&mut allowed.snapshot().await?, id).await?;
    let version = key.version;
    Reply::versioned(&ApiKeyView::from(key), version)
}
