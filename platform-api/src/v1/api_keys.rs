//! `/v1/api_keys`

pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod revoke;
pub(crate) mod rotate;

use foundation::{Instant, id::ApiKeyId};
use serde::Serialize;
use tenancy::{ApiKey, KeyKind, Scope};
use utoipa::ToSchema;

/// An API key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(crate) struct ApiKeyView {
    id: ApiKeyId,
    kind: KeyKind,
    name: String,
    /// What it may do.
    scopes: Vec<Scope>,
    /// The last four characters, to tell keys apart.
    last_four: String,
    created_at: Instant,
    /// When it stops being good; null: never.
    expires_at: Option<Instant>,
    /// Counts its changes.
    version: i64,
}

impl From<ApiKey> for ApiKeyView {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            kind: key.kind,
            name: key.name,
            scopes: key.scopes.iter().collect(),
            last_four: key.last_four,
            created_at: key.created_at,
            expires_at: key.expires_at,
            version: key.version,
        }
    }
}

/// A new API key with its secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NewApiKeyCreated)]
pub(crate) struct FreshKeyView {
    #[serde(flatten)]
    key: ApiKeyView,
    /// The key to send as `Authorization: Bearer`.
    secret: String,
}
