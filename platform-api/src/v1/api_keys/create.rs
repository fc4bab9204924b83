//! `POST /v1/api_keys`

use axum::http::StatusCode;
use foundation::Instant;
use serde::Deserialize;
use tenancy::{KeyKind, NewKey, Scope, create_key};
use utoipa::ToSchema;

use super::FreshKeyView;
use crate::web::{Allowed, Answer, Keyed, scope::AccountWrite};

/// A key to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewApiKey)]
pub(crate) struct NewApiKeyBody {
    /// `secret` (may do all), `restricted` (the scopes named), `publishable` (for browsers).
    kind: KeyKind,
    #[schema(example = "box office")]
    name: String,
    /// For a restricted key.
    #[serde(default)]
    scopes: Vec<Scope>,
    expires_at: Option<Instant>,
}

/// Creates an API key.
#[utoipa::path(post, path = "/v1/api_keys", tag = "Account", request_body = NewApiKeyBody, responses((status = 201, body = FreshKeyView)))]
pub(crate) async fn create(allowed: Allowed<AccountWrite>, Keyed { key, body }: Keyed<NewApiKeyBody>) -> Answer {
    let new = NewKey { kind: body.kind, name: body.name, scopes: body.scopes, expires_at: body.expires_at };
    let mut call = allowed.begin(key).await?;
    let (created, text) = create_key(&mut call.tx, allowed.cell().region(), &allowed.caller, &new).await?;
    let version = created.version;
    let view = FreshKeyView { key: created.into(), secret: text.expose().to_owned() };
    call.finish(StatusCode::CREATED, &view, Some(version)).await
}
