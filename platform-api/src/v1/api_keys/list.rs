//! `GET /v1/api_keys`

use foundation::page::PageOf;
use serde::Deserialize;
use utoipa::IntoParams;

use super::ApiKeyView;
use crate::web::{Allowed, Answer, ListOf, Query, Reply, scope::AccountRead};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ApiKeysQuery {
    /// 1 to 100, 20 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists API keys.
#[utoipa::path(get, path = "/v1/api_keys", tag = "Account", params(ApiKeysQuery), responses((status = 200, body = ListOf<ApiKeyView>)))]
pub(crate) async fn list(allowed: Allowed<AccountRead>, Query(query): Query<ApiKeysQuery>) -> Answer {
    let page = PageOf::parse(query.limit, query.cursor.as_deref())?;
    let keys = tenancy::list_keys(&mut allowed.snapshot().await?, &page).await?;
    Reply::ok(&ListOf::from(keys.map(ApiKeyView::from)))
}
